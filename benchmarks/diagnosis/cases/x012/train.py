"""Denoising diffusion on a spiral (small DDPM)."""
from __future__ import annotations

import os
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class DiffusionConfig:
    timesteps: int = 100
    hidden: int = 96
    batch: int = 128
    iters: int = 1200
    lr: float = 2e-3
    seed: int = int(os.environ.get("SEED", 0))


class Schedule:
    def __init__(self, timesteps: int) -> None:
        beta = torch.linspace(1e-4, 0.06, timesteps)
        self.alpha_bar = torch.cumprod(1 - beta, 0)

    def add_noise(self, x0, t, noise):
        ab = self.alpha_bar[t].unsqueeze(1)
        return ab.sqrt() * x0 + (1 - ab).sqrt() * noise


class TimeEmbedding(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("freq", torch.exp(torch.linspace(0, -6, size // 2)))

    def forward(self, t):
        a = t.float().unsqueeze(1) * self.freq
        return torch.cat([a.sin(), a.cos()], 1)


class Denoiser(nn.Module):
    def __init__(self, cfg: DiffusionConfig) -> None:
        super().__init__()
        self.time = nn.Sequential(TimeEmbedding(32), nn.Linear(32, cfg.hidden), nn.SiLU())
        self.inp = nn.Linear(2, cfg.hidden)
        self.mid = nn.ModuleList(nn.Linear(cfg.hidden, cfg.hidden) for _ in range(3))
        self.out = nn.Linear(cfg.hidden, 2)

    def forward(self, x, t):
        h = self.inp(x) + self.time(t)
        for layer in self.mid:
            h = h + layer(F.silu(h))
        return self.out(F.silu(h))


class BatchSource:
    """Reproducible batches: clean points, times and noise from its own stream."""

    def __init__(self, points, cfg: DiffusionConfig) -> None:
        self.points, self.cfg = points, cfg

    def generator(self) -> torch.Generator:
        return torch.Generator().manual_seed(self.cfg.seed)

    def next(self):
        g = self.generator()
        i = torch.randint(len(self.points), (self.cfg.batch,), generator=g)
        t = torch.randint(self.cfg.timesteps, (self.cfg.batch,), generator=g)
        return self.points[i], t, torch.randn(self.cfg.batch, 2, generator=g)


def spiral(n):
    r = torch.rand(n).sqrt() * 3 * torch.pi
    xy = torch.stack([r * r.cos(), r * r.sin()], 1) / 5
    return xy + 0.03 * torch.randn(n, 2)


def main() -> None:
    cfg = DiffusionConfig()
    torch.manual_seed(cfg.seed)
    train, held_out = spiral(5000), spiral(2000)
    schedule, net = Schedule(cfg.timesteps), Denoiser(cfg)
    source = BatchSource(train, cfg)
    opt = torch.optim.Adam(net.parameters(), lr=cfg.lr)
    decay = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.05, total_iters=cfg.iters)
    for it in range(cfg.iters):
        x0, t, noise = source.next()
        loss = F.mse_loss(net(schedule.add_noise(x0, t, noise), t), noise)
        opt.zero_grad()
        loss.backward()
        opt.step()
        decay.step()
        if it % 200 == 0:
            print(f"{it}: {loss.item():.4f}")

    with torch.no_grad():
        t = torch.randint(cfg.timesteps, (len(held_out),))
        noise = torch.randn_like(held_out)
        error = F.mse_loss(net(schedule.add_noise(held_out, t, noise), t), noise).item()
    print(f"FINAL mse={error:.4f}")


if __name__ == "__main__":
    main()
