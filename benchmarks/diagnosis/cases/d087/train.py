import math
import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

STEPS = 40
beta = torch.linspace(1e-3, 0.25, STEPS)
alpha = 1 - beta
bar = alpha.cumprod(0)


def heart(n):
    """Points on a closed curve drawn on a 256 x 256 canvas."""
    t = torch.rand(n) * 2 * math.pi
    x = 16 * torch.sin(t) ** 3
    y = 13 * torch.cos(t) - 5 * torch.cos(2 * t) - 2 * torch.cos(3 * t) - torch.cos(4 * t)
    return torch.stack([x, y], 1) * 7 + 128


SHIFT, SCALE = 0.0, 1.0


class Denoiser(nn.Module):
    def __init__(self, width=96):
        super().__init__()
        self.time = nn.Embedding(STEPS, width)
        self.inp = nn.Linear(2, width)
        self.mid = nn.Linear(width, width)
        self.mid2 = nn.Linear(width, width)
        self.out = nn.Linear(width, 2)

    def forward(self, x, t):
        h = torch.nn.functional.silu(self.inp(x) + self.time(t))
        h = h + torch.nn.functional.silu(self.mid(h))
        h = h + torch.nn.functional.silu(self.mid2(h))
        return self.out(h)


net = Denoiser()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
data = (heart(4000) - SHIFT) / SCALE
for it in range(2000):
    x0 = data[torch.randint(0, 4000, (128,))]
    t = torch.randint(0, STEPS, (128,))
    eps = torch.randn_like(x0)
    a = bar[t][:, None]
    loss = (net(a.sqrt() * x0 + (1 - a).sqrt() * eps, t) - eps).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 400 == 0:
        print(f"it {it} loss {loss.item():.4f}")

with torch.no_grad():
    x = torch.randn(800, 2)
    for k in reversed(range(STEPS)):
        t = torch.full((800,), k)
        x = (x - beta[k] / (1 - bar[k]).sqrt() * net(x, t)) / alpha[k].sqrt()
        if k:
            x = x + beta[k].sqrt() * torch.randn_like(x)
    points = x * SCALE + SHIFT
    distance = torch.cdist(points, heart(2000)).min(1).values.mean() / 112
print(f"FINAL distance={distance.item():.4f}")
