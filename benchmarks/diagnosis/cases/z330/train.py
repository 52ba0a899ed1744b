import os
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler


@dataclass
class ScreenConfig:
    rare: float = 0.06
    rows: int = 5000
    width: int = 48
    lr: float = 1e-3
    batch: int = 64
    epochs: int = 10


class ScreenData:
    def __init__(self, cfg, seed):
        x, y = make_classification(
            cfg.rows, 20, n_informative=8, weights=[1 - cfg.rare], class_sep=1.8, flip_y=0.0,
            n_clusters_per_class=1, random_state=seed,
        )
        n = int(0.75 * cfg.rows)
        mean, std = x[:n].mean(0), x[:n].std(0)
        self.x = torch.tensor((x - mean) / std, dtype=torch.float32)
        self.y = torch.tensor(y)
        self.n, self.batch = n, cfg.batch

    def loader(self):
        y = self.y[: self.n]
        share = torch.bincount(y).float() / len(y)
        sampler = WeightedRandomSampler(share.pow(-0.5)[y], len(y), replacement=True)
        return DataLoader(TensorDataset(self.x[: self.n], y), self.batch, sampler=sampler)

    def loss(self):
        share = torch.bincount(self.y[: self.n]).float() / self.n
        return nn.CrossEntropyLoss(weight=share.rsqrt() / share.rsqrt().sum())


class Screen(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(20, width), nn.LeakyReLU(), nn.Dropout(0.1), nn.Linear(width, 2))

    def forward(self, x):
        return self.net(x)


class Trainer:
    def __init__(self, cfg, seed):
        self.cfg, self.data = cfg, ScreenData(cfg, seed)
        self.model, self.loss = Screen(cfg.width), self.data.loss()
        self.opt = torch.optim.AdamW(self.model.parameters(), lr=cfg.lr)

    def fit(self):
        loader = self.data.loader()
        for epoch in range(self.cfg.epochs):
            self.model.train()
            for x, y in loader:
                loss = self.loss(self.model(x), y)
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
            print(f"epoch {epoch} loss {loss.item():.4f} balanced {self.score():.4f}")

    @torch.no_grad()
    def score(self):
        self.model.eval()
        pred = self.model(self.data.x[self.data.n :]).argmax(1)
        return balanced_accuracy_score(self.data.y[self.data.n :].numpy(), pred.numpy())


seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)
trainer = Trainer(ScreenConfig(), seed)
trainer.fit()
print(f"FINAL balanced_accuracy={trainer.score():.4f}")
