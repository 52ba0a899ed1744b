import math
import os
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


@dataclass
class TrainConfig:
    epochs: int = 15
    batch_size: int = 32
    peak_lr: float = 0.05
    warmup_steps: int = 100
    momentum: float = 0.9


class Callback(Protocol):
    def on_batch_end(self, engine): ...
    def on_epoch_end(self, engine): ...


class WarmupCosine:
    def __init__(self, cfg, total):
        self.warm, self.total = cfg.warmup_steps, total

    def __call__(self, step):
        if step < self.warm:
            return (step + 1) / self.warm
        return 0.5 * (1 + math.cos(math.pi * (step - self.warm) / (self.total - self.warm)))


class LRCallback:
    def __init__(self, scheduler):
        self.scheduler = scheduler

    def on_batch_end(self, engine):
        pass

    def on_epoch_end(self, engine):
        self.scheduler.step()


class PrintCallback:
    def on_batch_end(self, engine):
        pass

    def on_epoch_end(self, engine):
        print(f"epoch {engine.epoch}: loss {engine.mean_loss:.4f}")


class Engine:
    def __init__(self, model, optimizer, callbacks):
        self.model, self.optimizer, self.callbacks = model, optimizer, callbacks

    def fire(self, name):
        for c in self.callbacks:
            getattr(c, name)(self)

    def run(self, loader, epochs):
        for self.epoch in range(epochs):
            self.model.train()
            losses = []
            for x, y in loader:
                loss = nn.functional.cross_entropy(self.model(x), y)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                losses.append(loss.item())
                self.fire("on_batch_end")
            self.mean_loss = sum(losses) / len(losses)
            self.fire("on_epoch_end")


def main():
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    cfg = TrainConfig()
    digits = load_digits()
    data = TensorDataset(torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16, torch.tensor(digits.target))
    train, val = random_split(data, [1297, 500])
    loader = DataLoader(train, cfg.batch_size, shuffle=True)
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 16, 3), nn.ReLU(), nn.Flatten(),
                          nn.Linear(256, 32), nn.ReLU(), nn.Linear(32, 10))
    opt = torch.optim.SGD(model.parameters(), lr=cfg.peak_lr, momentum=cfg.momentum)
    sched = torch.optim.lr_scheduler.LambdaLR(opt, WarmupCosine(cfg, cfg.epochs * len(loader)))
    Engine(model, opt, [LRCallback(sched), PrintCallback()]).run(loader, cfg.epochs)
    model.eval()
    x, y = map(torch.stack, zip(*val))
    with torch.no_grad():
        acc = (model(x).argmax(1) == y).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


if __name__ == "__main__":
    main()
