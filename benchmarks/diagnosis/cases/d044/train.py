import os

import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Mixture(nn.Module):
    def __init__(self, d_in, n_experts=4, width=16):
        super().__init__()
        self.experts = [nn.Sequential(nn.Linear(d_in, width), nn.Tanh(), nn.Linear(width, 8)) for _ in range(n_experts)]
        self.gate = nn.Linear(d_in, n_experts)
        self.head = nn.Linear(8, 1)

    def forward(self, x):
        weights = self.gate(x).softmax(-1)
        outputs = torch.stack([e(x) for e in self.experts], 1)
        return self.head((weights.unsqueeze(-1) * outputs).sum(1)).squeeze(-1)


def process(x):
    left = torch.sin(3 * x[:, 0]) + x[:, 1] ** 2
    right = torch.cos(2 * x[:, 1]) * x[:, 2]
    return torch.where(x[:, 3] > 0, left, right)


x = torch.rand(3600, 4) * 3 - 1.5
y = process(x)
y = (y - y.mean()) / y.std()
model = Mixture(4)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for step in range(1500):
    idx = torch.randint(0, 3000, (64,))
    loss = nn.functional.mse_loss(model(x[idx]), y[idx])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 300 == 0:
        print(f"step {step} loss {loss.item():.4f}")

with torch.no_grad():
    p, t = model(x[3000:]), y[3000:]
    r2 = 1 - ((p - t) ** 2).sum() / ((t - t.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
