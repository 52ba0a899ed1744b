import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split


@dataclass
class RunConfig:
    seed: int = int(os.environ.get("SEED", 0))
    epochs: int = 10
    batch_size: int = 64
    lr: float = 2e-3
    hidden: int = 64


def machine_log(n, seed):
    """Twelve channels in their physical units and the kind of failure that followed."""
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(n, 12))
    scores = np.stack([
        1.5 * latent[:, 0] + latent[:, 1] * latent[:, 2],
        1.5 * latent[:, 3] - np.abs(latent[:, 4]) + 0.8,
        1.5 * np.sin(2 * latent[:, 5]) + latent[:, 6],
    ], 1)
    unit = np.array([1e-2, 3.0, 0.5, 0.1, 20.0, 0.02, 4.0, 900.0, 1500.0, 60.0, 300.0, 0.3])
    base = np.array([0.05, 12.0, 2.0, 1.0, 90.0, 0.1, 40.0, 5e3, 8e3, 400.0, 1e3, 1.0])
    return torch.tensor(latent * unit + base, dtype=torch.float32), torch.tensor(scores.argmax(1))


class FailureNet(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.input_norm = nn.BatchNorm1d(12)
        self.layers = nn.Sequential(
            nn.Linear(12, cfg.hidden), nn.BatchNorm1d(cfg.hidden), nn.ReLU(),
            nn.Linear(cfg.hidden, cfg.hidden), nn.ReLU(),
        )
        self.head = nn.Linear(cfg.hidden, 3)

    def forward(self, x):
        return self.head(self.layers(self.input_norm(x)))


class Runner:
    def __init__(self, model, train_set, val_set, cfg):
        self.model, self.cfg = model, cfg
        self.train_loader = DataLoader(train_set, cfg.batch_size, shuffle=True, drop_last=True)
        self.val_loader = DataLoader(val_set, 256)
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)
        self.history = []

    def validate(self):
        self.model.eval()
        hits, total = 0, 0
        with torch.no_grad():
            for x, y in self.val_loader:
                hits += (self.model(x).argmax(1) == y).sum().item()
                total += len(y)
        return hits / total

    def run(self):
        self.model.train()
        print("sanity check: accuracy %.3f" % self.validate())
        for epoch in range(self.cfg.epochs):
            running = 0.0
            for x, y in self.train_loader:
                self.optimizer.zero_grad()
                loss = self.criterion(self.model(x), y)
                loss.backward()
                self.optimizer.step()
                running += loss.item()
            self.history.append((running / len(self.train_loader), self.validate()))
            print("epoch %d loss %.4f val acc %.3f" % (epoch, *self.history[-1]))


cfg = RunConfig()
torch.manual_seed(cfg.seed)
x, y = machine_log(5000, cfg.seed)
train_set, val_set, test_set = random_split(TensorDataset(x, y), [3500, 500, 1000])
runner = Runner(FailureNet(cfg), train_set, val_set, cfg)
runner.run()
runner.val_loader = DataLoader(test_set, 256)
print("FINAL accuracy=%.4f" % runner.validate())
