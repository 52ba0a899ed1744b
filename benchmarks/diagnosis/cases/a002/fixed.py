"""Tiny lesion segmentation, U-Net with two levels."""
import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class TrainConfig:
    lr: float = 0.01
    momentum: float = 0.9
    epochs: int = 5
    batch: int = 16
    max_grad_norm: float = 1.0


def synth(n: int, rng: np.random.Generator, size: int = 32):
    yy, xx = np.mgrid[:size, :size]
    images = rng.normal(0, 0.4, (n, 1, size, size))
    masks = np.zeros((n, 1, size, size))
    for k in range(n):
        for _ in range(rng.integers(1, 4)):
            cy, cx = rng.uniform(5, size - 5, 2)
            a, b = rng.uniform(3, 7, 2)
            blob = ((yy - cy) / a) ** 2 + ((xx - cx) / b) ** 2 < 1
            masks[k, 0][blob] = 1
        images[k] += masks[k] * rng.uniform(0.7, 1.3)
    return torch.tensor(images, dtype=torch.float32), torch.tensor(masks, dtype=torch.float32)


def conv(i: int, o: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(inplace=True))


class MiniUNet(nn.Module):
    def __init__(self, width: int = 12):
        super().__init__()
        self.down1 = conv(1, width)
        self.down2 = conv(width, 2 * width)
        self.mid = conv(2 * width, 2 * width)
        self.up = conv(3 * width, width)
        self.out = nn.Conv2d(width, 1, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.mid(self.down2(F.max_pool2d(a, 2)))
        b = F.interpolate(b, scale_factor=2, mode="nearest")
        return self.out(self.up(torch.cat([a, b], 1)))


class Trainer:
    def __init__(self, model: nn.Module, cfg: TrainConfig):
        self.model, self.cfg = model, cfg
        self.optim = torch.optim.SGD(model.parameters(), lr=cfg.lr, momentum=cfg.momentum, nesterov=True)

    def optimise(self, loss: torch.Tensor, lr: float) -> float:
        self.optim.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.cfg.max_grad_norm)
        self.optim.step()
        return float(norm)

    def fit(self, x, y):
        for epoch in range(self.cfg.epochs):
            self.model.train()
            total = 0.0
            for idx in torch.randperm(len(x)).split(self.cfg.batch):
                loss = F.binary_cross_entropy_with_logits(self.model(x[idx]), y[idx])
                self.optimise(loss, self.cfg.lr)
                total += loss.item() * len(idx)
            print(f"[{epoch}] bce={total / len(x):.4f}")

    @torch.no_grad()
    def iou(self, x, y) -> float:
        self.model.eval()
        p = self.model(x) > 0
        t = y > 0.5
        return ((p & t).sum() / (p | t).sum()).item()


if __name__ == "__main__":
    seed = int(os.environ.get("SEED", "0"))
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    xtr, ytr = synth(480, rng)
    xva, yva = synth(120, rng)
    trainer = Trainer(MiniUNet(), TrainConfig())
    trainer.fit(xtr, ytr)
    print(f"FINAL iou={trainer.iou(xva, yva):.4f}")
