import os
import random
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from torch import nn


def seed_everything(s):
    random.seed(s); np.random.seed(s); torch.manual_seed(s)


class Hook(Protocol):
    def after_backward(self, engine): ...
    def after_epoch(self, engine): ...


class ClipGrad:
    def __init__(self, max_norm: float = 1.0):
        self.max_norm = max_norm

    def after_backward(self, engine):
        torch.nn.utils.clip_grad_norm_(engine.net.parameters(), self.max_norm)

    def after_epoch(self, engine):
        pass


class PrintLoss:
    def __init__(self, every=5):
        self.every = every

    def after_backward(self, engine):
        pass

    def after_epoch(self, engine):
        if engine.epoch % self.every == 0:
            print(f"epoch {engine.epoch:>3} | train mse {engine.mean_loss:.4f}")


@dataclass
class Engine:
    net: nn.Module
    optim: torch.optim.Optimizer
    hooks: list = field(default_factory=list)
    epoch: int = 0
    mean_loss: float = 0.0

    def fit(self, x, y, epochs, batch):
        for self.epoch in range(1, epochs + 1):
            losses = []
            for ids in torch.randperm(len(x)).split(batch):
                self.optim.zero_grad()
                loss = ((self.net(x[ids]) - y[ids]) ** 2).mean()
                loss.backward()
                for h in self.hooks:
                    h.after_backward(self)
                self.optim.step()
                losses.append(loss.item())
            self.mean_loss = sum(losses) / len(losses)
            for h in self.hooks:
                h.after_epoch(self)


class GRUForecaster(nn.Module):
    def __init__(self, hidden=24, horizon=4):
        super().__init__()
        self.gru = nn.GRU(1, hidden, batch_first=True)
        self.proj = nn.Linear(hidden, horizon)

    def forward(self, x):
        _, h = self.gru(x.unsqueeze(-1))
        return self.proj(h[0])


def series(n):
    t = np.arange(n)
    s = np.sin(2 * np.pi * t / 24) + 0.6 * np.sin(2 * np.pi * t / 11 + 1) + 0.15 * np.random.randn(n)
    return torch.tensor((s - s.mean()) / s.std(), dtype=torch.float32)


def windows(s, length=20, horizon=4):
    w = s.unfold(0, length + horizon, 1)
    return w[:, :length].contiguous(), w[:, length:].contiguous()


seed_everything(int(os.environ.get("SEED", 0)))
s = series(1500)
x, y = windows(s[:1200])
xt, yt = windows(s[1200:])
net = GRUForecaster()
engine = Engine(net, torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9), hooks=[ClipGrad(), PrintLoss()])
engine.fit(x, y, epochs=20, batch=32)
net.eval()
with torch.no_grad():
    mse = ((net(xt) - yt) ** 2).mean()
print(f"FINAL r2={(1 - mse / yt.var(unbiased=False)).item():.4f}")
