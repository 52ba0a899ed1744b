import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


def real_batch(n):
    """Inpainting toy: two known coordinates, two missing ones on a noisy curve."""
    a = torch.rand(n, 1) * 6.2832
    known = torch.cat([a.cos(), a.sin()], 1)
    missing = torch.cat([(2 * a).cos(), (a + 0.5).sin()], 1) * 0.8 + 0.05 * torch.randn(n, 2)
    return known, missing


def mlp(i, o, act):
    return nn.Sequential(nn.Linear(i, 64), act, nn.Linear(64, 64), act, nn.Linear(64, o))


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = mlp(2 + 2, 2, nn.ReLU())

    def forward(self, known):
        z = torch.randn(known.size(0), 2)
        return torch.tanh(self.net(torch.cat([known, z], 1)))


class PatchDiscriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = mlp(2 + 2, 1, nn.LeakyReLU(0.2))

    def forward(self, known, missing):
        return self.net(torch.cat([known, missing], 1))


generator, discriminator = Generator(), PatchDiscriminator()
optimizer_g = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.9))
optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.9))
bce = nn.BCEWithLogitsLoss()

for it in range(1500):
    known, missing = real_batch(128)

    # Train Discriminator
    optimizer_d.zero_grad()
    fake = generator(known)
    real_scalar = discriminator(known, missing)
    fake_scalar = discriminator(known, fake.detach())
    loss_d = bce(real_scalar, torch.ones_like(real_scalar)) + bce(fake_scalar, torch.zeros_like(fake_scalar))
    loss_d.backward()

    # Train Generator
    optimizer_g.zero_grad()
    fake_scalar = discriminator(known, fake)
    loss_g = bce(fake_scalar, torch.ones_like(fake_scalar))
    loss_g.backward()
    optimizer_g.step()

    if it % 250 == 0:
        print(f"[{it}] D loss {loss_d.item():.4f}  G loss {loss_g.item():.4f}")

with torch.no_grad():
    known, missing = real_batch(2000)
    real = torch.cat([known, missing], 1)
    fake = torch.cat([known, generator(known)], 1)
    d = lambda a, b: torch.cdist(a, b).mean()
    energy = 2 * d(real, fake) - d(real, real) - d(fake, fake)
print(f"FINAL energy_distance={energy.item():.5f}")
