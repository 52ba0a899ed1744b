import os
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    n_features: int = 8
    hidden: int = 48
    lr: float = 2e-3
    batch_size: int = 32
    epochs: int = 25
    seed: int = int(os.environ.get("SEED", 0))


def build_model(cfg):
    return nn.Sequential(
        nn.Linear(cfg.n_features, cfg.hidden), nn.GELU(),
        nn.Linear(cfg.hidden, cfg.hidden), nn.GELU(),
        nn.Linear(cfg.hidden, 1),
    )


def heating_load(cfg, n):
    rng = np.random.default_rng(cfg.seed)
    x = rng.normal(size=(n, cfg.n_features))
    y = np.tanh(x[:, 0] * x[:, 1]) + 0.6 * x[:, 2] - 0.4 * np.abs(x[:, 3]) + 0.3 * np.sin(2 * x[:, 4])
    y = (y - y.mean()) / y.std() + rng.normal(0, 0.1, n)
    return torch.tensor(x).float(), torch.tensor(y).float()[:, None]


class Trainer:
    def __init__(self, cfg):
        self.cfg = cfg
        self.model = build_model(cfg)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=cfg.lr)
        self.criterion = nn.MSELoss()

    def fit(self, dataset):
        loader = DataLoader(dataset, batch_size=self.cfg.batch_size, shuffle=True)
        for epoch in range(self.cfg.epochs):
            total = 0.0
            for x, y in loader:
                self.optimizer.zero_grad()
                self.model.zero_grad()
                loss = self.criterion(self.model(x), y)
                loss.backward()
                self.optimizer.step()
                total += loss.item()
            if epoch % 5 == 0:
                print(f"epoch {epoch:3d}  mse {total / len(loader):.4f}")
        return self

    @torch.no_grad()
    def r2(self, x, y):
        return (1 - ((self.model(x) - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()).item()


if __name__ == "__main__":
    cfg = Config()
    torch.manual_seed(cfg.seed)
    x, y = heating_load(cfg, 3000)
    trainer = Trainer(cfg).fit(TensorDataset(x[:2400], y[:2400]))
    print(f"FINAL r2={trainer.r2(x[2400:], y[2400:]):.4f}")
