from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass(frozen=True)
class ForecastConfig:
    window: int = 6
    width: int = 32
    blocks: int = 3
    epochs: int = 12
    batch_size: int = 64
    lr: float = 3e-3
    gamma: float = 0.85
    seed: int = int(os.environ.get("SEED", 0))


def henon(n: int, rng: np.random.Generator) -> np.ndarray:
    x, y = rng.uniform(-0.1, 0.1, 2)
    out = []
    for _ in range(n + 50):
        x, y = 1 - 1.4 * x * x + y, 0.3 * x
        out.append(x)
    series = np.array(out[50:])
    return (series + rng.normal(0, 0.01, n)).astype(np.float32)


def windows(series: np.ndarray, size: int) -> TensorDataset:
    view = np.lib.stride_tricks.sliding_window_view(series, size + 1).copy()
    rows = torch.from_numpy(view)
    return TensorDataset(rows[:, :-1], rows[:, -1:])


class ResidualBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, 2 * width)
        self.fc2 = nn.Linear(2 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.fc2(self.fc1(x))


class Forecaster(nn.Module):
    def __init__(self, cfg: ForecastConfig) -> None:
        super().__init__()
        self.inp = nn.Linear(cfg.window, cfg.width)
        self.blocks = nn.Sequential(*[ResidualBlock(cfg.width) for _ in range(cfg.blocks)])
        self.out = nn.Linear(cfg.width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.blocks(self.inp(x)))


class Trainer:
    def __init__(self, model: nn.Module, cfg: ForecastConfig) -> None:
        self.model, self.cfg = model, cfg
        self.loss_fn = nn.SmoothL1Loss()
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=cfg.lr)
        self.scheduler = torch.optim.lr_scheduler.ExponentialLR(self.optimizer, gamma=cfg.gamma)

    def train_epoch(self, loader: DataLoader) -> float:
        self.model.train()
        losses = []
        for x, y in loader:
            self.optimizer.zero_grad()
            loss = self.loss_fn(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            self.scheduler.step()
            losses.append(loss.item())
        return float(np.mean(losses))

    @torch.no_grad()
    def r2(self, data: TensorDataset) -> float:
        self.model.eval()
        x, y = data.tensors
        return 1 - ((self.model(x) - y).pow(2).sum() / (y - y.mean()).pow(2).sum()).item()

    def fit(self, train: TensorDataset, valid: TensorDataset) -> None:
        loader = DataLoader(train, self.cfg.batch_size, shuffle=True)
        for epoch in range(self.cfg.epochs):
            print(f"[{epoch:02d}] loss={self.train_epoch(loader):.4f} val_r2={self.r2(valid):.4f}")


def main() -> None:
    cfg = ForecastConfig()
    torch.manual_seed(cfg.seed)
    series = henon(4200, np.random.default_rng(cfg.seed))
    train, valid, test = series[:3000], series[3000:3500], series[3500:]
    trainer = Trainer(Forecaster(cfg), cfg)
    trainer.fit(windows(train, cfg.window), windows(valid, cfg.window))
    print(f"FINAL r2={trainer.r2(windows(test, cfg.window)):.4f}")


if __name__ == "__main__":
    main()
