import copy
import math
import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
Z, BATCH, STEPS = 6, 128, 1500


def moon(n):
    t = torch.rand(n) * math.pi
    return torch.stack([2 * t.cos(), 2 * t.sin() - 0.8], 1) + 0.08 * torch.randn(n, 2)


def mlp(i, o):
    return nn.Sequential(nn.Linear(i, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, o))


G, D = mlp(Z, 2), mlp(2, 1)
ema = copy.deepcopy(G).requires_grad_(False)
bce = nn.BCEWithLogitsLoss()
opt_g = torch.optim.Adam(G.parameters(), 1e-3, betas=(0.5, 0.99))
opt_d = torch.optim.Adam(D.parameters(), 2e-3, betas=(0.5, 0.99))

for step in range(STEPS):
    real = moon(BATCH)
    fake = G(torch.randn(BATCH, Z))
    loss_d = bce(D(real), torch.full((BATCH, 1), 0.9)) + bce(D(fake.detach()), torch.zeros(BATCH, 1))
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()

    loss_g = bce(D(fake), torch.ones(BATCH, 1))
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    with torch.no_grad():
        for a, b in zip(ema.parameters(), G.parameters()):
            a.lerp_(b, 0.01)
    if step % 150 == 0:
        print(f"{step:5d}  D {loss_d.item():.3f}  G {loss_g.item():.3f}")

with torch.no_grad():
    a, b = moon(3000), ema(torch.randn(3000, Z))
    angles = torch.arange(16) * math.pi / 16
    p = torch.stack([angles.cos(), angles.sin()])
    d = ((a @ p).sort(0).values - (b @ p).sort(0).values).abs().mean().item()
print(f"FINAL sliced_distance={d:.4f}")
