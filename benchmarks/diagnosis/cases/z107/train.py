import math
import os
from dataclasses import dataclass

import torch
from torch import nn


@dataclass
class Config:
    seed: int = int(os.environ.get("SEED", 0))
    latent: int = 4
    hidden: int = 64
    batch: int = 128
    n_critic: int = 3
    steps: int = 500
    penalty: float = 1.0
    lr: float = 1e-3


def ring(n, modes=6, std=0.08):
    k = torch.randint(0, modes, (n,))
    ang = 2 * math.pi * k / modes
    return torch.stack([ang.cos(), ang.sin()], 1) + std * torch.randn(n, 2)


def mlp(i, h, o):
    return nn.Sequential(nn.Linear(i, h), nn.LeakyReLU(0.2), nn.Linear(h, h), nn.LeakyReLU(0.2), nn.Linear(h, o))


def energy_distance(a, b):
    return (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()


class WGAN:
    def __init__(self, cfg):
        self.cfg = cfg
        self.G = mlp(cfg.latent, cfg.hidden, 2)
        self.D = mlp(2, cfg.hidden, 1)
        self.g_opt = torch.optim.Adam(self.G.parameters(), lr=cfg.lr, betas=(0.5, 0.9))
        self.d_opt = torch.optim.Adam(self.D.parameters(), lr=cfg.lr, betas=(0.5, 0.9))

    def noise(self, n):
        return torch.randn(n, self.cfg.latent)

    def critic_step(self):
        real = ring(self.cfg.batch)
        fake = self.G(self.noise(self.cfg.batch)).detach()
        eps = torch.rand(self.cfg.batch, 1)
        mid = (eps * real + (1 - eps) * fake).requires_grad_(True)
        slope, = torch.autograd.grad(self.D(mid).sum(), mid, create_graph=True)
        gp = ((slope.norm(dim=1) - 1) ** 2).mean()
        loss = self.D(fake).mean() - self.D(real).mean() + self.cfg.penalty * gp
        self.d_opt.zero_grad()
        loss.backward()
        self.d_opt.step()
        return loss.item()

    def generator_step(self):
        loss = -self.D(self.G(self.noise(self.cfg.batch))).mean()
        self.g_opt.zero_grad()
        loss.backward()
        self.g_opt.step()
        return loss.item()

    def fit(self):
        for step in range(self.cfg.steps):
            for _ in range(self.cfg.n_critic):
                d = self.critic_step()
            g = self.generator_step()
            if step % 100 == 0:
                print(f"step {step}: critic {d:.4f} generator {g:.4f}")

    @torch.no_grad()
    def evaluate(self, n=1000):
        return energy_distance(self.G(self.noise(n)), ring(n))


if __name__ == "__main__":
    cfg = Config()
    torch.manual_seed(cfg.seed)
    gan = WGAN(cfg)
    print("before training:", gan.evaluate())
    gan.fit()
    print(f"FINAL energy_distance={gan.evaluate():.4f}")
