import os
import random

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))


def set_seed(s):
    random.seed(s)
    np.random.seed(s)
    torch.manual_seed(s)


class KeypointData(Dataset):
    """A bright disc and a dark one; the targets are both centres as (x, y)."""

    def __init__(self, n, augment=False, size=24):
        self.size = size
        self.augment = augment
        yy, xx = np.mgrid[:size, :size]
        self.items = []
        for _ in range(n):
            kp = np.random.uniform(3, size - 4, (2, 2))
            img = np.random.normal(0, 0.15, (size, size))
            for (x, y), s in zip(kp, (1.0, -1.0)):
                img += s * np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / 6)
            self.items.append((img.astype(np.float32), kp.astype(np.float32)))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        img, kp = self.items[i]
        if self.augment and random.random() < 0.5:
            img = np.fliplr(img)
        if self.augment:
            img = img * random.uniform(0.8, 1.2) + random.uniform(-0.1, 0.1)
        target = kp.reshape(-1) / (self.size - 1) * 2 - 1
        return torch.from_numpy(np.ascontiguousarray(img))[None].float(), torch.from_numpy(target).float()


class KeypointNet(nn.Module):
    def __init__(self, n_points=2):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
        )
        self.regressor = nn.Sequential(nn.Flatten(), nn.Linear(32 * 36, 64), nn.ReLU(), nn.Linear(64, 2 * n_points))

    def forward(self, x):
        return self.regressor(self.backbone(x))


def evaluate(net, loader, size):
    net.eval()
    err = []
    with torch.no_grad():
        for x, y in loader:
            d = (net(x) - y).view(-1, 2, 2) * (size - 1) / 2
            err.append(d.norm(dim=2).mean(1))
    return torch.cat(err).mean().item()


if __name__ == "__main__":
    set_seed(SEED)
    train_ds, val_ds = KeypointData(1000, augment=True), KeypointData(250)
    train_dl = DataLoader(train_ds, batch_size=32, shuffle=True)
    val_dl = DataLoader(val_ds, batch_size=64)
    net = KeypointNet()
    optim = torch.optim.AdamW(net.parameters(), lr=2e-3)
    sched = torch.optim.lr_scheduler.CosineAnnealingLR(optim, T_max=12)
    loss_fn = nn.SmoothL1Loss()
    for epoch in range(12):
        net.train()
        total = 0.0
        for x, y in train_dl:
            loss = loss_fn(net(x), y)
            optim.zero_grad()
            loss.backward()
            optim.step()
            total += loss.item() * len(x)
        sched.step()
        print(f"epoch {epoch:2d} train {total / len(train_ds):.4f} val px {evaluate(net, val_dl, 24):.3f}")
    print(f"FINAL pixel_error={evaluate(net, val_dl, 24):.4f}")
