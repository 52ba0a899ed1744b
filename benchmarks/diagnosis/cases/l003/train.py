import os
from dataclasses import dataclass, field

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class TrainerConfig:
    epochs: int = 30
    micro_batch: int = 48
    accumulate_steps: int = 32
    lr: float = 3e-3
    seed: int = field(default_factory=lambda: int(os.environ.get("SEED", 0)))


class ConvNet(nn.Module):
    def __init__(self, width=24):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1), nn.GELU(),
            nn.Conv2d(width, width, 3, padding=1), nn.GELU(), nn.MaxPool2d(2),
        )
        self.classifier = nn.Linear(width * 16, 10)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


class Trainer:
    def __init__(self, model, cfg, train_set, test_set):
        self.model, self.cfg = model, cfg
        self.loader = DataLoader(train_set, batch_size=cfg.micro_batch, shuffle=True)
        self.test_set = test_set
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=cfg.lr)
        self.loss_fn = nn.CrossEntropyLoss()

    def run_epoch(self):
        self.model.train()
        history = []
        for step, (x, y) in enumerate(self.loader):
            loss = self.loss_fn(self.model(x), y)
            (loss / self.cfg.accumulate_steps).backward()
            history.append(loss.item())
            if (step + 1) % self.cfg.accumulate_steps == 0:
                self.optimizer.step()
                self.optimizer.zero_grad()
        return float(np.mean(history))

    @torch.no_grad()
    def accuracy(self):
        self.model.eval()
        x, y = self.test_set.tensors
        return (self.model(x).argmax(-1) == y).float().mean().item()

    def fit(self):
        for epoch in range(self.cfg.epochs):
            loss = self.run_epoch()
            if epoch % 5 == 4:
                print(f"[{epoch + 1}/{self.cfg.epochs}] loss={loss:.4f} acc={self.accuracy():.4f}")


def load(seed):
    x, y = load_digits(return_X_y=True)
    x = (x.reshape(-1, 1, 8, 8) / 16.0 - 0.3).astype(np.float32)
    a, b, c, d = train_test_split(x, y, test_size=0.25, random_state=seed, stratify=y)
    t = torch.from_numpy
    return TensorDataset(t(a), t(c)), TensorDataset(t(b), t(d))


def main():
    cfg = TrainerConfig()
    torch.manual_seed(cfg.seed)
    trainer = Trainer(ConvNet(), cfg, *load(cfg.seed))
    trainer.fit()
    print(f"FINAL accuracy={trainer.accuracy():.4f}")


if __name__ == "__main__":
    main()
