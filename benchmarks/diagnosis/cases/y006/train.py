from __future__ import annotations

import os
from dataclasses import dataclass, field

import numpy as np
import torch
from sklearn.datasets import make_friedman1
from sklearn.metrics import r2_score
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    seed: int = int(os.environ.get("SEED", 0))
    n_train: int = 3000
    n_test: int = 1000
    hidden: list[int] = field(default_factory=lambda: [64, 64])
    lr: float = 3e-3
    epochs: int = 40
    batch_size: int = 64
    weight_decay: float = 1e-3


class Standardizer:
    def __init__(self, a: Tensor) -> None:
        self.mean, self.std = a.mean(0), a.std(0)

    def __call__(self, a: Tensor) -> Tensor:
        return (a - self.mean) / self.std

    def undo(self, a: Tensor) -> Tensor:
        return a * self.std + self.mean


def build(cfg: Config, n_in: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    width = n_in
    for h in cfg.hidden:
        layers += [nn.Linear(width, h), nn.SiLU()]
        width = h
    layers.append(nn.Linear(width, 1))
    return nn.Sequential(*layers)


class Trainer:
    def __init__(self, cfg: Config, model: nn.Module, loader: DataLoader) -> None:
        self.cfg, self.model, self.loader = cfg, model, loader
        self.optimizer = torch.optim.AdamW(
            model.parameters(), lr=cfg.lr, weight_decay=cfg.weight_decay
        )
        self.scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, cfg.epochs)
        self.criterion = nn.MSELoss()

    def fit(self) -> None:
        for epoch in range(self.cfg.epochs):
            loss = self._epoch()
            self.scheduler.step()
            if epoch % 10 == 9:
                print(f"[{epoch + 1}/{self.cfg.epochs}] mse={loss:.4f}")

    def _epoch(self) -> float:
        self.model.train()
        total = 0.0
        for x, y in self.loader:
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.criterion(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            total += loss.item()
        return total / len(self.loader)

    @torch.no_grad()
    def predict(self, x: Tensor) -> Tensor:
        self.model.eval()
        return self.model(x)


def main() -> None:
    cfg = Config()
    torch.manual_seed(cfg.seed)
    np.random.seed(cfg.seed)
    x, y = make_friedman1(cfg.n_train + cfg.n_test, n_features=10, noise=1.0, random_state=cfg.seed)
    x_all = torch.tensor(x, dtype=torch.float32)
    y_all = torch.tensor(y, dtype=torch.float32).unsqueeze(1)
    n = cfg.n_train
    sx, sy = Standardizer(x_all[:n]), Standardizer(y_all[:n])
    loader = DataLoader(
        TensorDataset(sx(x_all[:n]), sy(y_all[:n])), batch_size=cfg.batch_size, shuffle=True
    )
    trainer = Trainer(cfg, build(cfg, 10), loader)
    trainer.fit()
    pred = sy.undo(trainer.predict(sx(x_all[n:])))
    print(f"FINAL r2={r2_score(y_all[n:].numpy(), pred.numpy()):.4f}")


if __name__ == "__main__":
    main()
