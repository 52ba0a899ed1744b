"""Fit a small picture with an implicit neural representation and test it between the pixels."""
import math
import os

import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", "0")))


class SineLayer(nn.Module):
    def __init__(self, n_in, n_out, is_first=False, omega_0=30.0):
        super().__init__()
        self.omega_0 = omega_0
        self.linear = nn.Linear(n_in, n_out)
        with torch.no_grad():
            if is_first:
                self.linear.weight.uniform_(-1 / n_in, 1 / n_in)
            else:
                bound = math.sqrt(6 / n_in)
                self.linear.weight.uniform_(-bound, bound)

    def forward(self, x):
        return torch.sin(self.omega_0 * self.linear(x))


class Siren(nn.Module):
    def __init__(self, width=64, depth=2):
        super().__init__()
        layers = [SineLayer(2, width, is_first=True)]
        layers += [SineLayer(width, width) for _ in range(depth)]
        self.net = nn.Sequential(*layers)
        self.out = nn.Linear(width, 1)

    def forward(self, xy):
        return self.out(self.net(xy))


def picture(xy):
    x, y = xy[:, 0], xy[:, 1]
    rings = torch.cos(9 * torch.sqrt(x ** 2 + y ** 2 + 1e-6))
    stripes = torch.sin(6 * x + 3 * y)
    return (0.6 * rings + 0.4 * stripes * (x > 0)).unsqueeze(1)


grid = torch.linspace(-1, 1, 64)
pixels = torch.cartesian_prod(grid, grid)
between = torch.rand(3000, 2) * 2 - 1
values, truth = picture(pixels), picture(between)

siren = Siren()
opt = torch.optim.Adam(siren.parameters(), lr=3e-4)
for it in range(400):
    pick = torch.randint(0, len(pixels), (1024,))
    err = siren(pixels[pick]) - values[pick]
    loss = err.pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 50 == 0:
        print(f"it {it:4d} | mse {loss.item():.5f}")

with torch.no_grad():
    mse = (siren(between) - truth).pow(2).mean()
print(f"FINAL r2={1 - (mse / truth.var()).item():.4f}")
