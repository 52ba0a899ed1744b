from __future__ import annotations

import os
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


@dataclass
class OptimConfig:
    lr: float = 0.05
    momentum: float = 0.9
    weight_decay: float = 1e-4


@dataclass
class TrainConfig:
    epochs: int = 9
    batch_size: int = 64
    seed: int = int(os.environ.get("SEED", 0))
    optim: OptimConfig = field(default_factory=OptimConfig)


class ConvNet(nn.Module):
    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2))
        self.classifier = nn.Linear(32 * 4, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(x).flatten(1))


class Trainer:
    def __init__(self, model: nn.Module, cfg: TrainConfig) -> None:
        self.model, self.cfg = model, cfg
        self.criterion = nn.CrossEntropyLoss()
        o = cfg.optim
        self.optimizer = torch.optim.SGD(model.parameters(), lr=o.lr, momentum=o.momentum,
                                         weight_decay=o.weight_decay)

    def train_epoch(self, x: torch.Tensor, y: torch.Tensor) -> float:
        self.model.train()
        total = 0.0
        for idx in torch.randperm(len(x)).split(self.cfg.batch_size):
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(x[idx]), y[idx])
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(idx)
        return total / len(x)

    @torch.no_grad()
    def evaluate(self, x: torch.Tensor, y: torch.Tensor) -> float:
        self.model.eval()
        return (self.model(x).argmax(1) == y).float().mean().item()


def main() -> None:
    cfg = TrainConfig()
    torch.manual_seed(cfg.seed)
    data = load_digits()
    images = (data.images / 16.0 - 0.3).astype(np.float32)[:, None]
    a, b, ya, yb = train_test_split(images, data.target, test_size=0.25, random_state=1, stratify=data.target)
    trainer = Trainer(ConvNet(), cfg)
    xa, ya, xb, yb = map(torch.as_tensor, (a, ya, b, yb))
    for epoch in range(cfg.epochs):
        loss = trainer.train_epoch(xa, ya)
        print(f"epoch={epoch} loss={loss:.4f} acc={trainer.evaluate(xb, yb):.4f}")
    print(f"FINAL accuracy={trainer.evaluate(xb, yb):.4f}")


if __name__ == "__main__":
    main()
