import os

import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


def sensor(n):
    x = torch.rand(n, 2) * 4 - 2
    mean = torch.sin(2 * x[:, :1]) + 0.3 * x[:, 1:] ** 2
    sd = 0.05 + 0.25 * torch.sigmoid(3 * x[:, 1:])
    return x, mean + sd * torch.randn(n, 1)


class MeanVar(nn.Module):
    def __init__(self, h=96, p=0.02):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Linear(2, h), nn.SiLU(), nn.Dropout(p), nn.Linear(h, h), nn.SiLU(), nn.Dropout(p)
        )
        self.mean = nn.Linear(h, 1)
        self.raw = nn.Linear(h, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.mean(h), nn.functional.softplus(self.raw(h)) ** 2 + 1e-4


x, y = sensor(4000)
xt, yt = sensor(3000)
net = MeanVar()
optimizer = torch.optim.AdamW(net.parameters(), lr=4e-3, weight_decay=1e-4)
gauss = nn.GaussianNLLLoss(reduction="none", full=True)
EPOCHS = 40
cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
for epoch in range(EPOCHS):
    net.train()
    total = 0.0
    for idx in torch.randperm(len(x)).split(100):
        mu, var = net(x[idx])
        nll = gauss(mu, y[idx], var)
        loss = (nll * var.detach().sqrt()).mean() * 4
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += nll.mean().item()
    cosine.step()
    if epoch % 8 == 0:
        print(f"epoch {epoch} nll {total / 40:+.4f}")

net.train()  # dropout stays on: 30 samples of the weights
with torch.no_grad():
    draws = [net(xt) for _ in range(30)]
logp = torch.stack([-gauss(m, yt, v) for m, v in draws])
nll = -(torch.logsumexp(logp, 0) - torch.tensor(30.0).log()).mean()
print(f"FINAL nll={nll.item():.4f}")
