import math
import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
ALPHA = 0.1


class Field(nn.Module):
    def __init__(self, width=40):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(2, width), nn.Linear(width, width), nn.Linear(width, width)])
        self.last = nn.Linear(width, 1)
        for l in self.layers:
            nn.init.xavier_normal_(l.weight)
            nn.init.zeros_(l.bias)

    def forward(self, x, t):
        h = torch.cat([x, t], dim=1)
        for l in self.layers:
            h = torch.tanh(l(h))
        return self.last(h)


def d(y, x):
    return torch.autograd.grad(y, x, torch.ones_like(y), create_graph=True)[0]


u = Field()
opt = torch.optim.Adam(u.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.StepLR(opt, 300, 0.4)
for step in range(900):
    x, t = torch.rand(128, 1).requires_grad_(), torch.rand(128, 1).requires_grad_()
    y = u(x, t)
    residual = d(y, t) - ALPHA * d(d(y, x), x)
    x0 = torch.rand(64, 1)
    start = u(x0, torch.zeros(64, 1)) - torch.sin(math.pi * x0)
    tb = torch.rand(32, 1)
    walls = torch.cat([u(torch.zeros(32, 1), tb), u(torch.ones(32, 1), tb)])
    loss = residual.pow(2).mean() + 20 * start.pow(2).mean() + 20 * walls.pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 150 == 0:
        print(f"step {step}: total {loss.item():.5f} pde {residual.pow(2).mean().item():.5f}")

with torch.no_grad():
    x, t = torch.rand(2000, 1), torch.rand(2000, 1)
    exact = torch.sin(math.pi * x) * torch.exp(-ALPHA * math.pi ** 2 * t)
    r2 = 1 - (u(x, t) - exact).pow(2).mean() / exact.var()
print(f"FINAL r2={r2.item():.4f}")
