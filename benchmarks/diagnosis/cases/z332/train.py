import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


@dataclass
class SupervisionConfig:
    aux_start: float = 0.5
    noise_end: float = 0.35
    epochs: int = 10
    batch: int = 40
    lr: float = 2e-3


class Stage(nn.Sequential):
    def __init__(self, a, b):
        super().__init__(nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2))


class DeeplySupervised(nn.Module):
    def __init__(self):
        super().__init__()
        self.stage1, self.stage2 = Stage(1, 16), Stage(16, 32)
        self.aux = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(64, 10))
        self.main = nn.Sequential(nn.Flatten(), nn.Linear(128, 10))

    def forward(self, x):
        early = self.stage1(x)
        logits = self.main(self.stage2(early))
        return (logits, self.aux(early)) if self.training else logits


class Trainer:
    def __init__(self, cfg, seed):
        raw = load_digits()
        order = np.random.RandomState(seed).permutation(len(raw.target))
        x = torch.tensor(raw.images[order] / 8.0 - 1.0, dtype=torch.float32)[:, None]
        y = torch.tensor(raw.target[order])
        self.train, self.test = (x[:1350], y[:1350]), (x[1350:], y[1350:])
        self.cfg, self.net = cfg, DeeplySupervised()
        decay = [p for p in self.net.parameters() if p.ndim > 1]
        plain = [p for p in self.net.parameters() if p.ndim <= 1]
        self.opt = torch.optim.AdamW([{"params": decay, "weight_decay": 1e-2}, {"params": plain, "weight_decay": 0.0}], lr=cfg.lr)

    def fit(self):
        x, y = self.train
        for epoch in range(self.cfg.epochs):
            done = epoch / (self.cfg.epochs - 1)
            aux_weight, noise = self.cfg.aux_start * (1 - done), self.cfg.noise_end * done
            self.net.train()
            for rows in torch.randperm(len(x)).split(self.cfg.batch):
                main, aux = self.net(x[rows] + noise * torch.randn_like(x[rows]))
                loss = F.cross_entropy(main, y[rows]) + aux_weight * F.cross_entropy(aux, y[rows])
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
            print(f"epoch {epoch} aux {aux_weight:.2f} noise {noise:.2f} loss {loss.item():.4f}")

    @torch.no_grad()
    def accuracy(self):
        self.net.eval()
        return (self.net(self.test[0]).argmax(1) == self.test[1]).float().mean().item()


seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
trainer = Trainer(SupervisionConfig(), seed)
trainer.fit()
print(f"FINAL accuracy={trainer.accuracy():.4f}")
