import copy
import math
import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
T = 50
betas = torch.linspace(1e-3, 0.2, T)
abar = (1 - betas).cumprod(0)


def spiral(n):
    t = torch.rand(n).sqrt() * 3 * math.pi
    r = t / (3 * math.pi)
    return torch.stack([r * t.cos(), r * t.sin()], 1) * 1.6


class Eps(nn.Module):
    def __init__(self, w=128):
        super().__init__()
        self.inp = nn.Linear(2 + 8, w)
        self.h1, self.h2, self.h3 = nn.Linear(w, w), nn.Linear(w, w), nn.Linear(w, w)
        self.out = nn.Linear(w, 2)

    def forward(self, x, k):
        u = (k.float() / T)[:, None] * torch.tensor([1.0, 2.0, 4.0, 8.0]) * math.pi
        h = self.inp(torch.cat([x, u.sin(), u.cos()], 1)).relu()
        for layer in (self.h1, self.h2, self.h3):
            h = h + layer(h).relu()
        return self.out(h)


net = Eps()
ema = copy.deepcopy(net)
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
data = spiral(8000)
for it in range(2200):
    x0 = data[torch.randint(0, 8000, (200,))]
    k = torch.randint(0, T, (200,))
    e = torch.randn_like(x0)
    a = abar[k][:, None]
    loss = ((net(a.sqrt() * x0 + (1 - a).sqrt() * e, k) - e) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    with torch.no_grad():
        for s, p in zip(ema.parameters(), net.parameters()):
            s.lerp_(p, 0.01)
    if it % 400 == 0:
        print(it, round(loss.item(), 4))

with torch.no_grad():
    x = torch.randn(600, 2)
    for k in reversed(range(T)):
        e = ema(x, torch.full((600,), k))
        x = (x - betas[k] / (1 - abar[k]).sqrt() * e) / (1 - betas[k]).sqrt()
        if k:
            x += betas[k].sqrt() * torch.randn_like(x)
    gap = torch.cdist(x, spiral(4000)).min(1).values.mean().item()
print(f"FINAL distance={gap:.4f}")
