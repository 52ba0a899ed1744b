import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))

angles = torch.arange(8) * (2 * math.pi / 8)
centres = torch.stack([angles.cos(), angles.sin()], 1) * 2.0


def real_batch(n):
    return centres[torch.randint(0, 8, (n,))] + 0.15 * torch.randn(n, 2)


generator = nn.Sequential(
    nn.Linear(8, 96), nn.ReLU(),
    nn.Linear(96, 96), nn.ReLU(),
    nn.Linear(96, 2),
)
discriminator = nn.Sequential(
    nn.Linear(2, 96), nn.LeakyReLU(0.2),
    nn.Linear(96, 96), nn.LeakyReLU(0.2),
    nn.Linear(96, 1),
)
opt_g = torch.optim.Adam(generator.parameters(), lr=4e-4, betas=(0.5, 0.9))
opt_d = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.9))
average = [p.detach().clone() for p in generator.parameters()]

n = 192
for it in range(2500):
    real = real_batch(n) + 0.05 * torch.randn(n, 2)
    fake = generator(torch.randn(n, 8))
    d_real = discriminator(real)
    d_fake = discriminator(fake.detach())
    d_loss = 0.5 * (F.softplus(-d_real).mean() + F.softplus(d_fake).mean())
    opt_d.zero_grad()
    d_loss.backward()
    opt_d.step()

    g_loss = F.softplus(-discriminator(fake)).mean()
    opt_g.zero_grad()
    g_loss.backward()
    opt_g.step()
    with torch.no_grad():
        for a, p in zip(average, generator.parameters()):
            a.lerp_(p, 0.01)
    if it % 500 == 0:
        print(f"it {it:5d}  D {d_loss.item():.3f}  G {g_loss.item():.3f}")

with torch.no_grad():
    for a, p in zip(average, generator.parameters()):
        p.copy_(a)
    samples = generator(torch.randn(2000, 8))
    dist, nearest = torch.cdist(samples, centres).min(1)
    good = dist < 0.6
    covered = len(nearest[good].unique()) / 8
    print(f"modes {covered * 8:.0f}/8")
    rate = good.float().mean().item() * covered
print(f"FINAL hit_rate={rate:.4f}")
