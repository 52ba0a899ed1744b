import os
import math
import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

LATENT = 8


def real_points(n):
    a = torch.rand(n) * 2 * math.pi
    r = 2 + 0.1 * torch.randn(n)
    return torch.stack([r * a.cos(), r * a.sin()], 1)


G = nn.Sequential(nn.Linear(LATENT, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 2))
D = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.999))
opt_d = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()
ones, zeros = torch.ones(128, 1), torch.zeros(128, 1)

for it in range(1500):
    # discriminator
    z = torch.randn(128, LATENT)
    fake = G(z)
    d_loss = bce(D(real_points(128)), ones) + bce(D(fake.detach()), zeros)
    opt_d.zero_grad()
    d_loss.backward()
    opt_d.step()
    # generator
    g_loss = bce(D(fake), ones)
    opt_g.zero_grad()
    g_loss.backward()
    opt_g.step()
    if it % 150 == 0:
        print(f"[{it}] D {d_loss.item():.3f} G {g_loss.item():.3f}")

with torch.no_grad():
    sample = G(torch.randn(2000, LATENT))
    err = (sample.norm(dim=1) - 2).abs().mean().item()
    angle = torch.atan2(sample[:, 1], sample[:, 0])
    covered = (torch.histc(angle, 12, -math.pi, math.pi) > 20).float().mean().item()
print(f"angle coverage {covered:.2f}")
print(f"FINAL radius_error={err:.4f}")
