"""A picture as a function of its coordinates: sine layers, all known pixels in every step."""
import math
import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


class Sine(nn.Module):
    def __init__(self, i, o, w0=1.0, first=False):
        super().__init__()
        self.w0 = w0
        self.linear = nn.Linear(i, o)
        bound = 1 / i if first else math.sqrt(6 / i) / w0
        nn.init.uniform_(self.linear.weight, -bound, bound)

    def forward(self, x):
        return torch.sin(self.w0 * self.linear(x))


side = 48
axis = torch.linspace(-1, 1, side)
yy, xx = torch.meshgrid(axis, axis, indexing="ij")
picture = 0.5 * torch.sin(9 * xx + 3 * yy) * torch.exp(-(xx**2)) + 0.4 * torch.cos(12 * (xx**2 + yy**2))
picture = picture / picture.abs().max()
coords = torch.stack([xx, yy], -1).reshape(-1, 2)
values = picture.reshape(-1, 1)
# two thirds of the pixels are known, the others are to be filled in
order = torch.randperm(len(coords), generator=torch.Generator().manual_seed(5))
known, hidden = order[: 2 * len(order) // 3], order[2 * len(order) // 3 :]

siren = nn.Sequential(Sine(2, 64, w0=10.0, first=True), Sine(64, 64, w0=10.0), Sine(64, 64, w0=10.0), nn.Linear(64, 1))
nn.init.uniform_(siren[-1].weight, -math.sqrt(6 / 64) / 10, math.sqrt(6 / 64) / 10)
optim = torch.optim.Adam(siren.parameters(), lr=5e-4)

x, target = coords[known], values[known]
for step in range(900):
    optim.zero_grad()
    loss = ((siren(x) - target) ** 2).mean()
    loss.backward()
    optim.step()
    if step % 150 == 0:
        print(f"step {step:4d}  mse {loss.item():.6f}")

with torch.no_grad():
    error = (siren(coords[hidden]) - values[hidden]).pow(2).mean()
r2 = 1 - error / values[hidden].var()
print(f"FINAL r2={r2.item():.4f}")
