import os
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn, optim


@dataclass
class GanConfig:
    noise: int = 8
    hidden: int = 64
    lr: float = 1e-3
    batch: int = 128
    steps: int = 700
    seed: int = int(os.environ.get("SEED", 0))


def mlp(a: int, h: int, b: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(a, h), nn.LeakyReLU(0.2), nn.Linear(h, h), nn.LeakyReLU(0.2), nn.Linear(h, b))


class HalfMoon:
    def sample(self, n: int) -> torch.Tensor:
        angle = torch.rand(n) * torch.pi
        return torch.stack([2 * angle.cos(), 2 * angle.sin()], 1) + 0.1 * torch.randn(n, 2)


class GanTrainer:
    def __init__(self, cfg: GanConfig) -> None:
        self.cfg = cfg
        self.data = HalfMoon()
        self.generator = mlp(cfg.noise, cfg.hidden, 2)
        self.discriminator = mlp(2, cfg.hidden, 1)
        self.opt_g = self._adam(self.discriminator)
        self.opt_d = self._adam(self.discriminator)

    def _adam(self, net: nn.Module) -> optim.Adam:
        return optim.Adam(net.parameters(), lr=self.cfg.lr, betas=(0.5, 0.999))

    def fake(self, n: int) -> torch.Tensor:
        return self.generator(torch.randn(n, self.cfg.noise))

    def step_d(self) -> float:
        real, fake = self.data.sample(self.cfg.batch), self.fake(self.cfg.batch).detach()
        loss = F.softplus(-self.discriminator(real)).mean() + F.softplus(self.discriminator(fake)).mean()
        self.opt_d.zero_grad()
        loss.backward()
        self.opt_d.step()
        return loss.item()

    def step_g(self) -> float:
        loss = F.softplus(-self.discriminator(self.fake(self.cfg.batch))).mean()
        self.opt_g.zero_grad()
        loss.backward()
        self.opt_g.step()
        return loss.item()

    def fit(self) -> None:
        for i in range(self.cfg.steps):
            d, g = self.step_d(), self.step_g()
            if i % 100 == 0:
                print(f"{i:5d} d {d:.3f} g {g:.3f}")

    @torch.no_grad()
    def energy_distance(self, n: int = 1000) -> float:
        a, b = self.data.sample(n), self.fake(n)
        return (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()


if __name__ == "__main__":
    config = GanConfig()
    torch.manual_seed(config.seed)
    trainer = GanTrainer(config)
    trainer.fit()
    print(f"FINAL distance={trainer.energy_distance():.4f}")
