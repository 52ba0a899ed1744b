import os
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import make_friedman1
from torch import nn
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class TrainArgs:
    epochs: int = 30
    batch_size: int = 64
    lr: float = 3e-3
    decay_every: int = 10
    decay: float = 0.3


class Standardizer:
    def fit(self, a):
        self.mean, self.std = a.mean(0), a.std(0)
        return self

    def __call__(self, a):
        return (a - self.mean) / self.std


class Regressor(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.hidden = nn.ModuleList([nn.Linear(inputs, 64), nn.Linear(64, 64)])
        self.out = nn.Linear(64, 1)

    def forward(self, x):
        for layer in self.hidden:
            x = torch.tanh(layer(x))
        return self.out(x)


class Trainer:
    def __init__(self, model, args):
        self.model, self.args = model, args
        self.optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
        self.scheduler = StepLR(self.optimizer, args.decay_every, args.decay)
        self.loss_fn = nn.MSELoss()

    def train_epoch(self, loader):
        self.model.train()
        running = 0.0
        for x, y in loader:
            self.optimizer.zero_grad()
            loss = self.loss_fn(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            running += loss.item() * len(x)
        return running / len(loader.dataset)

    def fit(self, loader):
        for epoch in range(self.args.epochs):
            loss = self.train_epoch(loader)
            self.scheduler.step()
            print(f"epoch {epoch + 1:2d} mse {loss:.4f}")


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    x, y = make_friedman1(2400, n_features=10, noise=0.5, random_state=seed)
    sx, sy = Standardizer().fit(x[:2000]), Standardizer().fit(y[:2000])
    x = torch.tensor(sx(x), dtype=torch.float32)
    y = torch.tensor(sy(y), dtype=torch.float32)[:, None]
    loader = DataLoader(TensorDataset(x[:2000], y[:2000]), TrainArgs.batch_size, shuffle=True)
    trainer = Trainer(Regressor(10), TrainArgs())
    trainer.fit(loader)
    trainer.model.eval()
    with torch.no_grad():
        p = trainer.model(x[2000:])
    r2 = 1 - ((p - y[2000:]) ** 2).sum() / ((y[2000:] - y[2000:].mean()) ** 2).sum()
    print(f"FINAL r2={r2.item():.4f}")


main()
