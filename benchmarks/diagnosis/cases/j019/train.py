"""Temperature of a rod with a heat source, u'' + q(x) = 0, u = 0 at both ends, solved by a network."""
import math
import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
LENGTH = 500.0  # mm
SCALE = (LENGTH / math.pi) ** 2


def source(x):
    s = math.pi * x / LENGTH
    return (torch.sin(s) + 0.5 * 9 * torch.sin(3 * s)) / SCALE


def exact(x):
    s = math.pi * x / LENGTH
    return torch.sin(s) + 0.5 * torch.sin(3 * s)


class Rod(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1)
        )

    def forward(self, x):
        return self.net(x)


def residual(model, x):
    x = x.requires_grad_(True)
    u = model(x)
    du = torch.autograd.grad(u.sum(), x, create_graph=True)[0]
    d2u = torch.autograd.grad(du.sum(), x, create_graph=True)[0]
    return (d2u + source(x)) * SCALE / 5


model = Rod()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 2000)
ends = torch.tensor([[0.0], [LENGTH]])
for it in range(2000):
    x = LENGTH * torch.rand(128, 1)
    pde = residual(model, x).pow(2).mean()
    boundary = model(ends).pow(2).mean()
    loss = pde + 20 * boundary
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    if it % 200 == 0:
        print(f"{it:5d} pde {pde.item():.5f} boundary {boundary.item():.5f}")

x = torch.linspace(0, LENGTH, 400).unsqueeze(1)
with torch.no_grad():
    u = model(x)
r2 = 1 - (u - exact(x)).pow(2).mean() / exact(x).var()
print(f"FINAL r2={r2.item():.4f}")
