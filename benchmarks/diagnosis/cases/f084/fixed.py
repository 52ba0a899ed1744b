import os

import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
np.random.seed(int(os.environ.get("SEED", 0)))

latent_dim = 8
batch_size = 128
n_iter = 1500


def real_samples(n):
    """Temperature, humidity and pressure of a fictitious station, standardised."""
    season = np.random.rand(n) * 2 * np.pi
    temp = np.cos(season) + 0.2 * np.random.randn(n)
    hum = np.sin(season) - 0.5 * temp + 0.2 * np.random.randn(n)
    pres = 1.0 + 0.6 * np.random.randn(n) + 0.5 * (temp > 0)
    return torch.tensor(np.stack([temp, hum, pres], 1), dtype=torch.float32)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(latent_dim, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 3)
        )

    def forward(self, z):
        return self.net(z)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(3, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1)
        )

    def forward(self, x):
        return self.net(x)


G, D = Generator(), Discriminator()
opt_g = torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.5, 0.999))
opt_d = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()
real_label = torch.ones(batch_size, 1)
fake_label = torch.zeros(batch_size, 1)

for it in range(n_iter):
    # discriminator
    fake = G(torch.randn(batch_size, latent_dim))
    loss_d = bce(D(real_samples(batch_size)), real_label) + bce(D(fake.detach()), fake_label)
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    # generator
    loss_g = bce(D(fake), real_label)
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    if it % 300 == 0:
        print("iter %d  D %.3f  G %.3f" % (it, loss_d.item(), loss_g.item()))

with torch.no_grad():
    a, b = real_samples(2000), G(torch.randn(2000, latent_dim))
    directions = nn.functional.normalize(torch.randn(3, 64), dim=0)
    gap = ((a @ directions).sort(0).values - (b @ directions).sort(0).values).abs().mean()
print("FINAL distance=%.4f" % gap.item())
