import os

import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
torch.set_default_dtype(torch.float64)

# deflection of a clamped beam under a distributed load: fourth derivative of u = f, u and its slope vanish at both ends
f = lambda x: (2 * np.pi) ** 4 * torch.cos(2 * np.pi * x)
exact = lambda x: torch.cos(2 * np.pi * x) - 1.0


class Beam(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, x):
        # the factor satisfies all four end conditions exactly
        return 16 * (x * (1 - x)) ** 2 * self.net(2 * x - 1)


def d(y, x):
    return torch.autograd.grad(y.sum(), x, create_graph=True)[0]


beam = Beam()
opt = torch.optim.Adam(beam.parameters(), lr=5e-3)
decay = torch.optim.lr_scheduler.ExponentialLR(opt, 0.997)
x = torch.linspace(0, 1, 48).unsqueeze(1)
scale = (2 * np.pi) ** 4
for it in range(700):
    xi = x.clone().requires_grad_(True)
    u = beam(xi)
    residual = d(d(d(d(u, xi), xi), xi), xi) - f(xi)
    loss = (residual / scale).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    decay.step()
    if it % 100 == 0:
        print(f"{it:4d} residual {loss.item():.3e}")

with torch.no_grad():
    t = torch.linspace(0, 1, 400).unsqueeze(1)
    err = (beam(t) - exact(t)).pow(2).sum() / (exact(t) - exact(t).mean()).pow(2).sum()
print(f"FINAL r2={1 - err.item():.4f}")
