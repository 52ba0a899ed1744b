import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


@dataclass
class SegConfig:
    size: int = 24
    train: int = 500
    val: int = 150
    channels: int = 12
    epochs: int = 7
    batch: int = 20
    lr: float = 3e-3


def draw_scene(rng, size):
    image = rng.normal(0, 0.35, (size, size))
    mask = np.zeros((size, size))
    yy, xx = np.mgrid[:size, :size]
    for _ in range(rng.integers(1, 3)):
        cy, cx, r = rng.uniform(4, size - 4), rng.uniform(4, size - 4), rng.uniform(2.5, 5)
        mask[(yy - cy) ** 2 + (xx - cx) ** 2 < r * r] = 1
    return (image + mask).astype("float32"), mask.astype("float32")


class Cells(Dataset):
    def __init__(self, n, cfg, rng, augment):
        self.scenes = [draw_scene(rng, cfg.size) for _ in range(n)]
        self.augment, self.rng = augment, rng

    def __len__(self):
        return len(self.scenes)

    def __getitem__(self, i):
        image, mask = (torch.from_numpy(a)[None] for a in self.scenes[i])
        if self.augment and self.rng.random() < 0.5:
            image = image.flip(-1)
        return image, mask


class DoubleConv(nn.Sequential):
    def __init__(self, a, b):
        super().__init__(nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(),
                         nn.Conv2d(b, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU())


class MiniUNet(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.enc1, self.enc2 = DoubleConv(1, c), DoubleConv(c, 2 * c)
        self.up = nn.ConvTranspose2d(2 * c, c, 2, stride=2)
        self.dec = DoubleConv(2 * c, c)
        self.out = nn.Conv2d(c, 1, 1)

    def forward(self, x):
        a = self.enc1(x)
        b = self.enc2(F.max_pool2d(a, 2))
        return self.out(self.dec(torch.cat([self.up(b), a], 1)))


class SegTrainer:
    def __init__(self, cfg, seed):
        rng = np.random.default_rng(seed)
        self.cfg = cfg
        self.train_loader = DataLoader(Cells(cfg.train, cfg, rng, True), cfg.batch, shuffle=True)
        self.val_loader = DataLoader(Cells(cfg.val, cfg, rng, False), 50)
        self.net = MiniUNet(cfg.channels)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=cfg.lr)

    @staticmethod
    def loss(logits, mask):
        p = logits.sigmoid()
        dice = 1 - (2 * (p * mask).sum() + 1) / (p.sum() + mask.sum() + 1)
        return F.binary_cross_entropy_with_logits(logits, mask) + dice

    def epoch(self):
        self.net.train()
        for image, mask in self.train_loader:
            loss = self.loss(self.net(image), mask)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def iou(self):
        self.net.eval()
        both = either = 0.0
        for image, mask in self.val_loader:
            pred = self.net(image) > 0
            both += (pred & (mask > 0)).sum().item()
            either += (pred | (mask > 0)).sum().item()
        return both / max(either, 1)


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    trainer = SegTrainer(SegConfig(), seed)
    for epoch in range(trainer.cfg.epochs):
        print(f"epoch {epoch}: loss {trainer.epoch():.4f}, val IoU {trainer.iou():.4f}")
    print(f"FINAL iou={trainer.iou():.4f}")


main()
