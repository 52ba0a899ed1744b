import os
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class FmConfig:
    fields: tuple = (40, 40, 7, 24)
    rank: int = 8
    lr: float = 1e-2
    weight_decay: float = 1e-5
    epochs: int = 12
    batch: int = 256


def click_log(cfg, n, seed):
    rng = np.random.default_rng(seed)
    ids = np.stack([rng.integers(0, k, n) for k in cfg.fields], 1)
    user, item = rng.standard_normal((40, 3)), rng.standard_normal((40, 3))
    day, hour = rng.standard_normal(7), rng.standard_normal(24)
    score = (user[ids[:, 0]] * item[ids[:, 1]]).sum(1) + 0.7 * day[ids[:, 2]] * hour[ids[:, 3]]
    clicked = (score + 0.3 * rng.standard_normal(n) > 0).astype("float32")
    return torch.from_numpy(ids), torch.from_numpy(clicked)


class FieldEmbedding(nn.Module):
    """All fields share one table; each one has its own range of rows."""

    def __init__(self, sizes, dim):
        super().__init__()
        self.table = nn.Embedding(sum(sizes), dim)
        nn.init.normal_(self.table.weight, std=0.1)
        starts = [0, *accumulate(sizes)][:-1]
        self.register_buffer("starts", torch.tensor(starts), persistent=False)

    def forward(self, ids):
        return self.table(ids + self.starts)


class FactorizationMachine(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.linear = FieldEmbedding(cfg.fields, 1)
        self.factors = FieldEmbedding(cfg.fields, cfg.rank)
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, ids):
        v = self.factors(ids)
        pairs = 0.5 * (v.sum(1).pow(2) - v.pow(2).sum(1)).sum(1)
        return self.bias + self.linear(ids).sum((1, 2)) + pairs


class Trainer:
    def __init__(self, cfg, seed):
        ids, y = click_log(cfg, 14000, seed)
        self.cfg = cfg
        self.loader = DataLoader(TensorDataset(ids[:11000], y[:11000]), cfg.batch, shuffle=True)
        self.test = ids[11000:], y[11000:]
        self.model = FactorizationMachine(cfg)
        self.opt = torch.optim.Adam(self.model.parameters(), lr=cfg.lr, weight_decay=cfg.weight_decay)
        self.loss = nn.BCEWithLogitsLoss()

    def run(self):
        for epoch in range(self.cfg.epochs):
            total = 0.0
            for ids, y in self.loader:
                loss = self.loss(self.model(ids), y)
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
                total += loss.item()
            print(f"epoch {epoch}: logloss {total / len(self.loader):.4f}, accuracy {self.accuracy():.4f}")

    @torch.no_grad()
    def accuracy(self):
        ids, y = self.test
        return ((self.model(ids) > 0) == (y > 0.5)).float().mean().item()


seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
trainer = Trainer(FmConfig(), seed)
trainer.run()
print(f"FINAL accuracy={trainer.accuracy():.4f}")
