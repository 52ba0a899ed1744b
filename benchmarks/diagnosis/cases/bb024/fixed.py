import os
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor


@dataclass
class DiffusionConfig:
    timesteps: int = 40
    beta_start: float = 5e-3
    beta_end: float = 0.25
    width: int = 96
    lr: float = 2e-3
    batch: int = 256
    steps: int = 900
    seed: int = int(os.environ.get("SEED", 0))


class Schedule:
    def __init__(self, cfg: DiffusionConfig):
        self.T = cfg.timesteps
        self.betas = torch.linspace(cfg.beta_start, cfg.beta_end, self.T)
        self.alphas = 1 - self.betas
        self.alpha_bars = self.alphas.cumprod(0)

    def add_noise(self, x0: Tensor, t: Tensor, eps: Tensor) -> Tensor:
        kept = self.alpha_bars[t][:, None]
        return kept.sqrt() * x0 + (1 - kept).sqrt() * eps

    @torch.no_grad()
    def sample(self, net: nn.Module, n: int) -> Tensor:
        x = torch.randn(n, 2)
        for t in range(self.T - 1, -1, -1):
            eps = net(x, torch.full((n,), t))
            mean = (x - self.betas[t] / (1 - self.alpha_bars[t]).sqrt() * eps) / self.alphas[t].sqrt()
            x = mean + (self.betas[t].sqrt() * torch.randn_like(x) if t else 0)
        return x


class Denoiser(nn.Module):
    def __init__(self, cfg: DiffusionConfig):
        super().__init__()
        self.time = nn.Embedding(cfg.timesteps, 32)
        self.net = nn.Sequential(
            nn.Linear(34, cfg.width), nn.SiLU(), nn.Linear(cfg.width, cfg.width), nn.SiLU(), nn.Linear(cfg.width, 2)
        )

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        return self.net(torch.cat([x, self.time(t)], 1))


def four_blobs(n: int) -> Tensor:
    centres = torch.tensor([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
    return centres[torch.randint(0, 4, (n,))] + 0.12 * torch.randn(n, 2)


class Trainer:
    def __init__(self, cfg: DiffusionConfig):
        self.cfg, self.schedule, self.net = cfg, Schedule(cfg), Denoiser(cfg)
        self.opt = torch.optim.Adam(self.net.parameters(), lr=cfg.lr)

    def fit(self) -> None:
        for step in range(self.cfg.steps):
            x0 = four_blobs(self.cfg.batch)
            t = torch.randint(0, self.cfg.timesteps, (len(x0),))
            eps = torch.randn_like(x0)
            loss = F.mse_loss(self.net(self.schedule.add_noise(x0, t, eps), t), eps)
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            if step % 100 == 0:
                print(f"step {step} mse {loss.item():.4f}")

    def distance(self, n: int = 1500) -> float:
        made, real = self.schedule.sample(self.net, n), four_blobs(n)
        d = 2 * torch.cdist(made, real).mean() - torch.cdist(made, made).mean() - torch.cdist(real, real).mean()
        return d.item()


config = DiffusionConfig()
torch.manual_seed(config.seed)
trainer = Trainer(config)
trainer.fit()
print(f"FINAL distance={trainer.distance():.4f}")
