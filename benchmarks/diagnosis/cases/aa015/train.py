import os
import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


def ring(n, modes=6):
    k = torch.randint(0, modes, (n,)) * (2 * np.pi / modes)
    return torch.stack([k.cos(), k.sin()], 1) + 0.12 * torch.randn(n, 2)


class Generator(nn.Module):
    def __init__(self, z=8, h=64):
        super().__init__()
        self.z = z
        self.net = nn.Sequential(nn.Linear(z, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU(), nn.Linear(h, 2))

    def forward(self, n):
        return self.net(torch.randn(n, self.z))


class Critic(nn.Module):
    def __init__(self, h=64):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, h), nn.LeakyReLU(0.2), nn.Linear(h, h), nn.LeakyReLU(0.2), nn.Linear(h, 1))

    def forward(self, x):
        return self.net(x).squeeze(1)


class GAN:
    def __init__(self):
        self.g, self.d = Generator(), Critic()
        self.g_opt = torch.optim.Adam(self.g.parameters(), lr=1e-3, betas=(0.5, 0.99))
        self.d_opt = torch.optim.Adam(self.d.parameters(), lr=2e-3, betas=(0.5, 0.99))
        self.bce = nn.BCEWithLogitsLoss()

    def verdict(self, x, real):
        """Loss of calling the points of `x` real or fake."""
        logits = self.d(x.detach())
        return self.bce(logits, torch.full_like(logits, float(real)))

    def r1(self, real):
        real = real.clone().requires_grad_()
        grad, = torch.autograd.grad(self.d(real).sum(), real, create_graph=True)
        return grad.pow(2).sum(1).mean()

    def step(self, batch):
        fake = self.g(len(batch))
        d_loss = self.verdict(batch, True) + self.verdict(fake, False) + 0.2 * self.r1(batch)
        self.d_opt.zero_grad()
        d_loss.backward()
        self.d_opt.step()

        g_loss = self.verdict(self.g(len(batch)), True)
        self.g_opt.zero_grad()
        g_loss.backward()
        self.g_opt.step()
        return d_loss.item(), g_loss.item()


def energy_distance(a, b):
    return (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()


gan = GAN()
for it in range(900):
    d_loss, g_loss = gan.step(ring(128))
    if it % 150 == 0:
        print(f"{it:5d}  D {d_loss:.3f}  G {g_loss:.3f}")
with torch.no_grad():
    value = energy_distance(gan.g(2000), ring(2000))
print(f"FINAL energy={value:.4f}")
