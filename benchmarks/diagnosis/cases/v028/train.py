"""Next-day demand from ten weather features. Demand has a large random part."""
import math
import os
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass
class Config:
    seed: int = int(os.environ.get("SEED", 0))
    n_train: int = 6000
    n_test: int = 3000
    hidden: int = 48
    lr: float = 2e-3
    batch_size: int = 128
    epochs: int = 20


def simulate(n: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
    x = torch.randn(n, 10, generator=g)
    signal = torch.sin(1.5 * x[:, 0]) + 0.6 * x[:, 1] * x[:, 2] - 0.5 * x[:, 3]
    return x, signal + 1.8 * torch.randn(n, generator=g)


class Regressor(nn.Module):
    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(10, cfg.hidden), nn.SiLU(), nn.Linear(cfg.hidden, cfg.hidden), nn.SiLU())
        self.readout = nn.Linear(cfg.hidden, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.readout(self.body(x)).squeeze(-1)


class Trainer:
    def __init__(self, cfg: Config) -> None:
        self.cfg = cfg
        torch.manual_seed(cfg.seed)
        g = torch.Generator().manual_seed(cfg.seed + 77)
        x, y = simulate(cfg.n_train + cfg.n_test, g)
        self.mu, self.sd = y[: cfg.n_train].mean(), y[: cfg.n_train].std()
        y = (y - self.mu) / self.sd
        self.x, self.y = x[: cfg.n_train], y[: cfg.n_train]
        self.xt, self.yt = x[cfg.n_train :], y[cfg.n_train :]
        self.model = Regressor(cfg)
        self.optim = torch.optim.AdamW(self.model.parameters(), lr=cfg.lr, weight_decay=0.02)
        steps = cfg.epochs * math.ceil(cfg.n_train / cfg.batch_size)
        self.sched = torch.optim.lr_scheduler.CosineAnnealingLR(self.optim, steps)

    def epoch(self) -> float:
        self.model.train()
        losses = []
        for idx in torch.randperm(self.cfg.n_train).split(self.cfg.batch_size):
            loss = nn.functional.mse_loss(self.model(self.x[idx]), self.y[idx])
            self.optim.zero_grad()
            loss.backward()
            self.optim.step()
            self.sched.step()
            losses.append(loss.item())
        return sum(losses) / len(losses)

    @torch.no_grad()
    def r2(self) -> float:
        self.model.eval()
        residual = ((self.model(self.xt) - self.yt) ** 2).mean()
        return 1 - (residual / self.yt.var()).item()

    def fit(self) -> None:
        for e in range(self.cfg.epochs):
            loss = self.epoch()
            if e % 4 == 3:
                print(f"epoch {e + 1:2d}  mse {loss:.4f}  test r2 {self.r2():.4f}")


if __name__ == "__main__":
    trainer = Trainer(Config())
    trainer.fit()
    print(f"FINAL r2={trainer.r2():.4f}")
