import os
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn, Tensor


@dataclass
class ContrastiveConfig:
    latent: int = 8
    observed: int = 40
    width: int = 96
    dim: int = 16
    temperature: float = 0.2
    batch: int = 128
    steps: int = 400
    lr: float = 1e-3
    seed: int = int(os.environ.get("SEED", 0))


class PairedViews:
    """One cause seen twice, each time under a large nuisance of its own."""

    def __init__(self, cfg: ContrastiveConfig) -> None:
        self.cfg = cfg
        self.cause = torch.randn(cfg.latent, cfg.observed) / cfg.latent**0.5
        self.nuisance = 2.5 * torch.randn(6, cfg.observed) / 6**0.5

    def pair(self, n: int) -> tuple[Tensor, Tensor]:
        signal = torch.tanh(torch.randn(n, self.cfg.latent) @ self.cause)
        def view() -> Tensor:
            return signal + torch.randn(n, 6) @ self.nuisance + 0.1 * torch.randn_like(signal)
        return view(), view()


class Encoder(nn.Module):
    def __init__(self, cfg: ContrastiveConfig) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(cfg.observed, cfg.width), nn.ReLU(), nn.Linear(cfg.width, cfg.width), nn.ReLU())
        self.project = nn.Linear(cfg.width, cfg.dim)

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(self.project(self.trunk(x)), dim=1)


class NtXent(nn.Module):
    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        logits = a @ b.T / self.temperature
        target = torch.arange(len(a))
        return 0.5 * (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target))


class Pretrainer:
    def __init__(self, cfg: ContrastiveConfig) -> None:
        self.cfg, self.data, self.encoder = cfg, PairedViews(cfg), Encoder(cfg)
        self.loss = NtXent(cfg.temperature)
        self.opt = torch.optim.AdamW(self.encoder.parameters(), lr=cfg.lr, weight_decay=1e-4)

    def step(self) -> float:
        first, second = self.data.pair(self.cfg.batch)
        z1, z2 = self.encoder(first), self.encoder(second)
        loss = self.loss(z1, z1)
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        return loss.item()

    @torch.no_grad()
    def retrieval(self, n: int = 200) -> float:
        first, second = self.data.pair(n)
        nearest = (self.encoder(first) @ self.encoder(second).T).argmax(1)
        return (nearest == torch.arange(n)).float().mean().item()


config = ContrastiveConfig()
torch.manual_seed(config.seed)
trainer = Pretrainer(config)
for i in range(config.steps):
    value = trainer.step()
    if i % 50 == 0:
        print(f"step {i} loss {value:.4f} retrieval {trainer.retrieval():.3f}")
print(f"FINAL retrieval={trainer.retrieval():.4f}")
