from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    bag: int = 30
    features: int = 12
    hidden: int = 32
    lr: float = 1e-3
    epochs: int = 20
    batch: int = 32


def make_bags(n: int, cfg: Config, rng: np.random.Generator) -> TensorDataset:
    x = rng.standard_normal((n, cfg.bag, cfg.features)).astype("float32")
    y = rng.integers(0, 2, n)
    for i in np.flatnonzero(y):
        x[i, rng.integers(cfg.bag), :4] += 2.0
    return TensorDataset(torch.from_numpy(x), torch.from_numpy(y).float())


class GatedPooling(nn.Module):
    """Weights for the instances of a bag, (B, K, D) to (B, D)."""

    def __init__(self, dim: int):
        super().__init__()
        self.v, self.u, self.w = nn.Linear(dim, 16), nn.Linear(dim, 16), nn.Linear(16, 1)

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        scores = self.w(torch.tanh(self.v(h)) * torch.sigmoid(self.u(h)))
        return (F.softmax(scores, dim=1) * h).sum(dim=1)


class BagClassifier(nn.Module):
    def __init__(self, cfg: Config):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(cfg.features, cfg.hidden), nn.ReLU())
        self.pool = GatedPooling(cfg.hidden)
        self.out = nn.Linear(cfg.hidden, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.pool(self.embed(x))).squeeze(1)


class Runner:
    def __init__(self, cfg: Config, seed: int):
        rng = np.random.default_rng(seed)
        self.cfg = cfg
        self.train = DataLoader(make_bags(900, cfg, rng), cfg.batch, shuffle=True)
        self.test = DataLoader(make_bags(600, cfg, rng), 1)
        self.model = BagClassifier(cfg)
        self.opt = torch.optim.AdamW(self.model.parameters(), lr=cfg.lr, weight_decay=1e-3)

    def __call__(self) -> float:
        for epoch in range(self.cfg.epochs):
            self.model.train()
            for x, y in self.train:
                loss = F.binary_cross_entropy_with_logits(self.model(x), y)
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
            print(f"[{epoch}] loss={loss.item():.4f}")
        self.model.eval()
        with torch.no_grad():
            right = torch.cat([(self.model(x) > 0) == (y > 0.5) for x, y in self.test])
        return right.float().mean().item()


if __name__ == "__main__":
    SEED = int(os.environ.get("SEED", 0))
    torch.manual_seed(SEED)
    print(f"FINAL accuracy={Runner(Config(), SEED)():.4f}")
