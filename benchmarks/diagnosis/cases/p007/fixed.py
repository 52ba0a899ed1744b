import os
from dataclasses import dataclass, field

import torch
import torch.nn as nn
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", "0"))


@dataclass
class Settings:
    code: int = 6
    epochs: int = 12
    batch: int = 32
    lr: float = 3e-3
    lr_head: float = 3e-3
    history: list = field(default_factory=list)


class Encoder(nn.Module):
    def __init__(self, code):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 3, padding=1)
        self.conv2 = nn.Conv2d(12, 16, 3, stride=2, padding=1)
        self.project = nn.Linear(16 * 16, code)

    def forward(self, x):
        x = nn.functional.elu(self.conv1(x))
        x = nn.functional.elu(self.conv2(x))
        return self.project(x.flatten(1))


class DigitModel(nn.Module):
    def __init__(self, code):
        super().__init__()
        self.encoder = Encoder(code)
        self.norm = nn.LayerNorm(code)
        self.head = nn.Sequential(nn.Linear(code, 32), nn.ELU(), nn.Linear(32, 10))

    def embed(self, x):
        """Codes of a batch of images, also used by the nearest-neighbour search."""
        return self.norm(self.encoder(x))

    def forward(self, x):
        return self.head(self.embed(x))


class Trainer:
    def __init__(self, cfg):
        self.cfg = cfg
        d = load_digits()
        order = torch.randperm(len(d.target))
        x = torch.tensor(d.images / 8.0 - 1.0, dtype=torch.float32).unsqueeze(1)[order]
        y = torch.tensor(d.target)[order]
        self.train, self.test = (x[:1300], y[:1300]), (x[1300:], y[1300:])
        self.model = DigitModel(cfg.code)
        m = self.model
        self.optimizer = torch.optim.Adam([
            {"params": m.encoder.parameters(), "lr": cfg.lr},
            {"params": [*m.norm.parameters(), *m.head.parameters()], "lr": cfg.lr_head},
        ])

    def fit(self):
        x, y = self.train
        for epoch in range(self.cfg.epochs):
            for idx in torch.randperm(len(x)).split(self.cfg.batch):
                loss = nn.functional.cross_entropy(self.model(x[idx]), y[idx])
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
            self.cfg.history.append(self.score())
            print(f"{epoch:2d} {loss.item():.4f} {self.cfg.history[-1]:.4f}")

    def score(self):
        with torch.no_grad():
            return (self.model(self.test[0]).argmax(1) == self.test[1]).float().mean().item()


torch.manual_seed(SEED)
trainer = Trainer(Settings())
trainer.fit()
print(f"FINAL accuracy={trainer.score():.4f}")
