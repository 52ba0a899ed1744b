"""Blob segmentation with a small U-Net."""
import os
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class LossConfig:
    bce: float = 1.0
    dice: float = 1.0
    smooth: float = 1.0


@dataclass
class Config:
    epochs: int = 6
    batch: int = 16
    lr: float = 2e-3
    loss: LossConfig = field(default_factory=LossConfig)
    seed: int = int(os.environ.get("SEED", 0))


def scenes(n, rng, size=32):
    yy, xx = np.mgrid[:size, :size]
    img = rng.normal(0.4, 0.18, (n, 1, size, size))
    mask = np.zeros((n, 1, size, size))
    for i in range(n):
        for _ in range(rng.integers(1, 3)):
            cy, cx = rng.uniform(6, size - 6, 2)
            ry, rx = rng.uniform(2, 5, 2)
            mask[i, 0] = np.maximum(mask[i, 0], ((yy - cy) / ry) ** 2 + ((xx - cx) / rx) ** 2 < 1)
    img = img + 0.22 * mask + 0.2 * np.sin(xx / 5 + rng.uniform(0, 6, (n, 1, 1, 1)))
    return torch.tensor(img, dtype=torch.float32), torch.tensor(mask, dtype=torch.float32)


def conv(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True))


class UNet(nn.Module):
    def __init__(self, base=8):
        super().__init__()
        self.d1, self.d2, self.mid = conv(1, base), conv(base, 2 * base), conv(2 * base, 4 * base)
        self.u2, self.u1 = conv(6 * base, 2 * base), conv(3 * base, base)
        self.out = nn.Conv2d(base, 1, 1)

    def forward(self, x):
        a = self.d1(x)
        b = self.d2(F.max_pool2d(a, 2))
        c = self.mid(F.max_pool2d(b, 2))
        b = self.u2(torch.cat([F.interpolate(c, scale_factor=2), b], 1))
        a = self.u1(torch.cat([F.interpolate(b, scale_factor=2), a], 1))
        return self.out(a)


def soft_dice(logits, target, smooth):
    p = torch.sigmoid(logits).flatten(1)
    t = target.flatten(1)
    return ((2 * (p * t).sum(1) + smooth) / (p.sum(1) + t.sum(1) + smooth)).mean()


class SegTrainer:
    def __init__(self, cfg: Config):
        self.cfg = cfg
        torch.manual_seed(cfg.seed)
        rng = np.random.default_rng(cfg.seed)
        self.train_x, self.train_y = scenes(320, rng)
        self.val_x, self.val_y = scenes(100, rng)
        self.net = UNet()
        self.opt = torch.optim.Adam(self.net.parameters(), lr=cfg.lr)

    def criterion(self, logits, target):
        w = self.cfg.loss
        terms = {
            "bce": w.bce * F.binary_cross_entropy_with_logits(logits, target),
            "dice": w.dice * (1 - soft_dice(logits, target, w.smooth)),
        }
        return sum(terms.values()), terms

    def fit(self):
        for epoch in range(self.cfg.epochs):
            self.net.train()
            for idx in torch.randperm(len(self.train_x)).split(self.cfg.batch):
                loss, terms = self.criterion(self.net(self.train_x[idx]), self.train_y[idx])
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
            print(f"epoch {epoch} loss {loss.item():.4f} bce {terms['bce'].item():.4f} iou {self.evaluate():.4f}")

    @torch.no_grad()
    def evaluate(self):
        self.net.eval()
        p = self.net(self.val_x) > 0
        t = self.val_y > 0.5
        return ((p & t).sum() / (p | t).sum().clamp(min=1)).item()


if __name__ == "__main__":
    trainer = SegTrainer(Config())
    trainer.fit()
    print(f"FINAL iou={trainer.evaluate():.4f}")
