import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


@dataclass
class Config:
    epochs: int = 10
    batch: int = 32
    lr: float = 0.02
    val_interval: int = 20


def textures(n):
    """20x20 'photos' in 0..255: four stripe directions under uneven light."""
    y = np.random.randint(0, 4, n)
    g = np.mgrid[:20, :20].astype(np.float32)
    ang = y * np.pi / 4 + np.random.uniform(-0.25, 0.25, n)
    f = np.random.uniform(0.9, 1.4, n)
    ph = np.random.uniform(0, 6.3, n)
    x = np.sin(f[:, None, None] * (np.cos(ang)[:, None, None] * g[0] + np.sin(ang)[:, None, None] * g[1]) + ph[:, None, None])
    light = np.random.uniform(40, 200, n)[:, None, None]
    img = light + 30 * x + 22 * np.random.randn(n, 20, 20)
    return torch.tensor(img.clip(0, 255)[:, None], dtype=torch.float32), torch.tensor(y)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.bn0 = nn.BatchNorm2d(1)
        self.conv1 = nn.Conv2d(1, 12, 5, stride=2, bias=False)
        self.bn1 = nn.BatchNorm2d(12)
        self.conv2 = nn.Conv2d(12, 24, 3, bias=False)
        self.bn2 = nn.BatchNorm2d(24)
        self.fc = nn.Linear(24, 4)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(self.bn0(x))))
        x = F.relu(self.bn2(self.conv2(x)))
        return self.fc(x.mean((2, 3)))


class Trainer:
    def __init__(self, cfg, model, train, val):
        self.cfg, self.model, self.train_set, self.val_set = cfg, model, train, val
        self.optim = torch.optim.SGD(model.parameters(), lr=cfg.lr, momentum=0.9)
        self.iteration = 0

    def validate(self):
        self.model.eval()
        x, y = self.val_set
        with torch.no_grad():
            out = torch.cat([self.model(b) for b in x.split(100)])
        loss, acc = F.cross_entropy(out, y).item(), (out.argmax(1) == y).float().mean().item()
        self.model.train()
        print(f"iter {self.iteration}: val loss {loss:.4f} acc {acc:.4f}")
        return acc

    def train_epoch(self):
        x, y = self.train_set
        for idx in torch.randperm(len(y)).split(self.cfg.batch):
            if self.iteration % self.cfg.val_interval == 0:
                self.validate()
            loss = F.cross_entropy(self.model(x[idx]), y[idx])
            self.optim.zero_grad()
            loss.backward()
            self.optim.step()
            self.iteration += 1

    def run(self):
        for _ in range(self.cfg.epochs):
            self.model.train()
            self.train_epoch()
        return self.validate()


trainer = Trainer(Config(), Net(), textures(640), textures(400))
print(f"FINAL accuracy={trainer.run():.4f}")
