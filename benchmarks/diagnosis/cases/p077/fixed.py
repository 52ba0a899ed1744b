import os

import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

# heat equation u_t = 0.1 u_xx on [0, 1], u(x, 0) = sin(pi x) + 0.5 sin(3 pi x), ends at zero
KAPPA = 0.1


def exact(x, t):
    return (torch.sin(torch.pi * x) * torch.exp(-KAPPA * torch.pi ** 2 * t)
            + 0.5 * torch.sin(3 * torch.pi * x) * torch.exp(-9 * KAPPA * torch.pi ** 2 * t))


class Field(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(),
                                 nn.Linear(width, 1))

    def forward(self, x, t):
        return self.net(torch.cat([2 * x - 1, 2 * t - 1], 1))


def residual(u, x, t):
    x.requires_grad_(True)
    t.requires_grad_(True)
    v = u(x, t)
    vx, vt = torch.autograd.grad(v.sum(), (x, t), create_graph=True)
    vxx, = torch.autograd.grad(vx.sum(), x, create_graph=True)
    return vt - KAPPA * vxx


def losses(u, n=100):
    x, t = torch.rand(n, 1), torch.rand(n, 1)
    pde = residual(u, x, t).square().mean()
    xi = torch.rand(n, 1)
    zero = torch.zeros(n, 1)
    initial = (u(xi, zero) - exact(xi, zero)).square().mean()
    tb = torch.rand(n, 1)
    edge = (u(zero, tb).square() + u(zero + 1, tb).square()).mean()
    return pde, 10 * initial, 10 * edge


u = Field()
optimizer = torch.optim.Adam(u.parameters(), lr=5e-3)
scheduler = ReduceLROnPlateau(optimizer, mode="min", factor=0.5, patience=8)
for round_ in range(60):
    seen = []
    for _ in range(10):
        parts = losses(u)
        loss = sum(parts)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen.append(loss.item())
    scheduler.step(np.mean(seen))
    if round_ % 10 == 9:
        print(f"round {round_ + 1} loss {np.mean(seen):.5f}")

with torch.no_grad():
    gx, gt = torch.meshgrid(torch.linspace(0, 1, 41), torch.linspace(0, 1, 41), indexing="ij")
    gx, gt = gx.reshape(-1, 1), gt.reshape(-1, 1)
    err = (u(gx, gt) - exact(gx, gt)).norm() / exact(gx, gt).norm()
print(f"FINAL relative_error={err.item():.4f}")
