import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

n = 4000
x = torch.randn(n, 8)
position = torch.sin(x[:, 0]) + 0.5 * x[:, 1] * x[:, 2] + 0.1 * torch.randn(n)
kind = ((x[:, 3] + x[:, 4] > 0).long() + 2 * (x[:, 0] * x[:, 5] > 0).long())


class SharedTrunk(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(8, 96), nn.Mish(), nn.Linear(96, 64), nn.Mish())
        self.regress = nn.Linear(64, 1)
        self.classify = nn.Linear(64, 4)
        self.log_var = nn.Parameter(torch.zeros(2))

    def forward(self, x):
        h = self.trunk(x)
        return self.regress(h).squeeze(1), self.classify(h)


net = SharedTrunk()
mse, ce = nn.MSELoss(), nn.CrossEntropyLoss()
optimizer = torch.optim.Adam([
    {"params": [p for k, p in net.named_parameters() if k != "log_var"], "lr": 2e-3},
    {"params": [net.log_var], "lr": 1e-2},
])
for epoch in range(20):
    for idx in torch.randperm(3200).split(64):
        value, logits = net(x[idx])
        losses = torch.stack([mse(value, position[idx]), ce(logits, kind[idx])])
        total = (losses * torch.exp(-net.log_var) + 0.5 * net.log_var).sum()
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1} total {total.item():+.3f} parts {losses.tolist()}")

with torch.no_grad():
    value, logits = net(x[3200:])
    t = position[3200:]
    r2 = 1 - (value - t).pow(2).sum() / (t - t.mean()).pow(2).sum()
    acc = (logits.argmax(1) == kind[3200:]).float().mean()
print(f"FINAL mean_score={((r2 + acc) / 2).item():.4f}")
