import os
from dataclasses import dataclass

import torch
from torch import autograd, nn, Tensor


@dataclass
class WganConfig:
    noise: int = 4
    width: int = 64
    critic_steps: int = 4
    penalty: float = 5.0
    batch: int = 128
    rounds: int = 350
    lr: float = 1e-3
    seed: int = int(os.environ.get("SEED", 0))


class Generator(nn.Module):
    def __init__(self, cfg: WganConfig):
        super().__init__()
        self.noise = cfg.noise
        self.net = nn.Sequential(nn.Linear(cfg.noise, cfg.width), nn.ReLU(), nn.Linear(cfg.width, cfg.width), nn.ReLU(), nn.Linear(cfg.width, 2))

    def forward(self, n: int) -> Tensor:
        return self.net(torch.randn(n, self.noise))


class Critic(nn.Module):
    def __init__(self, cfg: WganConfig):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, cfg.width), nn.SiLU(), nn.Linear(cfg.width, cfg.width), nn.SiLU(), nn.Linear(cfg.width, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x).squeeze(1)


def ring(n: int) -> Tensor:
    angle = 2 * torch.pi * torch.rand(n)
    return 1.5 * torch.stack([angle.cos(), angle.sin()], 1) + 0.05 * torch.randn(n, 2)


class WganTrainer:
    def __init__(self, cfg: WganConfig):
        self.cfg, self.g, self.c = cfg, Generator(cfg), Critic(cfg)
        self.opt_g = torch.optim.Adam(self.g.parameters(), lr=cfg.lr, betas=(0.0, 0.9))
        self.opt_c = torch.optim.Adam(self.c.parameters(), lr=cfg.lr, betas=(0.0, 0.9))

    def gradient_penalty(self, real: Tensor, fake: Tensor) -> Tensor:
        mix = torch.rand(len(real), 1)
        point = (mix * real + (1 - mix) * fake).requires_grad_(True)
        slope = autograd.grad(self.c(point).sum(), point, create_graph=True)[0]
        return (slope.norm(dim=1) - 1).pow(2).mean()

    def round(self) -> tuple[float, float]:
        for _ in range(self.cfg.critic_steps):
            real = ring(self.cfg.batch)
            with torch.no_grad():
                fake = self.g(self.cfg.batch)
            loss_c = self.c(fake).mean() - self.c(real).mean() + self.cfg.penalty * self.gradient_penalty(real, fake)
            self.opt_c.zero_grad()
            loss_c.backward()
            self.opt_c.step()
        self.c.requires_grad_(False)
        loss_g = -self.c(self.g(self.cfg.batch)).mean()
        self.opt_g.zero_grad()
        loss_g.backward()
        self.opt_g.step()
        self.c.requires_grad_(True)
        return loss_c.item(), loss_g.item()

    @torch.no_grad()
    def distance(self, n: int = 1500) -> float:
        a, b = ring(n), self.g(n)
        return (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()


cfg = WganConfig()
torch.manual_seed(cfg.seed)
trainer = WganTrainer(cfg)
for i in range(cfg.rounds):
    critic, generator = trainer.round()
    if i % 50 == 0:
        print(f"round {i} critic {critic:.3f} generator {generator:.3f}")
print(f"FINAL distance={trainer.distance():.4f}")
