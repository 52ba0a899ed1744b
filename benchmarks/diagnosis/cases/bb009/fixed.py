"""Pre-train on the even digits, then adapt to the odd ones with a slow backbone."""
import os
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn


@dataclass
class FinetuneConfig:
    backbone_lr: float = 3e-5
    head_lr: float = 3e-2
    momentum: float = 0.9
    pretrain_epochs: int = 15
    epochs: int = 25
    per_class: int = 12
    batch: int = 10


class Backbone(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(),
        )


class Classifier(nn.Module):
    def __init__(self, backbone, classes=5):
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(128, classes)

    def forward(self, x):
        return self.head(self.backbone(x))


class DigitSplits:
    def __init__(self, cfg, seed):
        raw = load_digits()
        order = np.random.RandomState(seed).permutation(len(raw.target))
        x = torch.tensor(raw.images[order] / 16.0, dtype=torch.float32)[:, None]
        y = torch.tensor(raw.target[order])
        even, odd = y % 2 == 0, y % 2 == 1
        self.source = x[even], y[even] // 2
        ox, oy = x[odd], y[odd] // 2
        few = torch.cat([torch.nonzero(oy == c).flatten()[: cfg.per_class] for c in range(5)])
        rest = torch.ones(len(oy), dtype=torch.bool)
        rest[few] = False
        self.few, self.test = (ox[few], oy[few]), (ox[rest], oy[rest])


class Trainer:
    def __init__(self, model, optimizer, batch):
        self.model, self.optimizer, self.batch = model, optimizer, batch
        self.criterion = nn.CrossEntropyLoss()

    def fit(self, x, y, epochs, tag):
        for epoch in range(epochs):
            self.model.train()
            total = 0.0
            for rows in torch.randperm(len(x)).split(self.batch):
                loss = self.criterion(self.model(x[rows]), y[rows])
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                total += loss.item() * len(rows)
            print(f"{tag} {epoch}: {total / len(x):.4f}")

    @torch.no_grad()
    def accuracy(self, x, y):
        self.model.eval()
        return (self.model(x).argmax(1) == y).float().mean().item()


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    cfg = FinetuneConfig()
    data = DigitSplits(cfg, seed)
    source = Classifier(Backbone())
    Trainer(source, torch.optim.Adam(source.parameters(), lr=1e-3), 32).fit(*data.source, cfg.pretrain_epochs, "source")

    model = Classifier(source.backbone)
    slow, fast = [], []
    for name, p in model.named_parameters():
        (fast if name.startswith("head") else slow).append(p)
    groups = [{"params": slow, "lr": cfg.backbone_lr}, {"params": fast, "lr": cfg.head_lr}]
    tuner = Trainer(model, torch.optim.SGD(groups, momentum=cfg.momentum), cfg.batch)
    tuner.fit(*data.few, cfg.epochs, "target")
    print(f"FINAL accuracy={tuner.accuracy(*data.test):.4f}")


main()
