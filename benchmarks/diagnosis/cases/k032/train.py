import copy
import math
import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
STEPS = 60
beta = torch.linspace(1e-3, 0.12, STEPS)
alpha = 1 - beta
abar = alpha.cumprod(0)


def checkerboard(n):
    col = torch.randint(0, 4, (n,))
    row = 2 * torch.randint(0, 2, (n,)) + col % 2
    return torch.stack([col + torch.rand(n), row + torch.rand(n)], 1) - 2


def on_board(x):
    cell = torch.floor(x + 2)
    inside = ((cell >= 0) & (cell < 4)).all(1)
    return (inside & ((cell.sum(1) % 2) == 0)).float().mean().item()


class ScoreNet(nn.Module):
    def __init__(self, width=128):
        super().__init__()
        self.freq = nn.Parameter(torch.randn(2, 32) * 1.5, requires_grad=False)
        self.time = nn.Embedding(STEPS, width)
        self.inp = nn.Linear(2 + 64, width)
        self.mid = nn.ModuleList(nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, 2)
        nn.init.zeros_(self.out.weight)

    def forward(self, x, t):
        f = x @ self.freq
        h = self.inp(torch.cat([x, f.sin(), f.cos()], 1)) + self.time(t)
        for layer in self.mid:
            h = h + torch.nn.functional.silu(layer(h))
        return self.out(h)


net = ScoreNet()
ema = copy.deepcopy(net).requires_grad_(False)
opt = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=2e-3, weight_decay=1e-4)
ITERS = 4500
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, ITERS)
running = None
for it in range(ITERS):
    x0 = checkerboard(256)
    t = torch.randint(0, STEPS, (256,))
    eps = torch.randn_like(x0)
    a = abar[t][:, None]
    loss = (net(a.sqrt() * x0 + (1 - a).sqrt() * eps, t) - eps).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    decay = min(0.995, (it + 1) / (it + 10))
    with torch.no_grad():
        for p, q in zip(ema.parameters(), net.parameters()):
            p.lerp_(q, 1 - decay)
    running = loss.item() if running is None else 0.99 * running + 0.01 * loss.item()
    if it % 500 == 499:
        print(f"iteration {it + 1} loss {running:.4f}")

with torch.no_grad():
    x = torch.randn(3000, 2)
    for k in reversed(range(STEPS)):
        eps = ema(x, torch.full((3000,), k))
        x = (x - beta[k] / math.sqrt(1 - abar[k]) * eps) / alpha[k].sqrt()
        if k:
            x = x + beta[k].sqrt() * torch.randn_like(x)
print(f"FINAL share_on_board={on_board(x):.4f}")
