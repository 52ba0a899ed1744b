import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
S = 24


class Ponds(Dataset):
    """Aerial pictures with ponds; masks are stored as single-channel bytes, 1 = water."""

    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        yy, xx = np.mgrid[:S, :S]
        self.images, self.masks = [], []
        for _ in range(n):
            img = rng.normal(150, 18, (S, S, 3))
            img[..., 1] += 25
            mask = np.zeros((S, S), bool)
            for _ in range(rng.integers(1, 4)):
                c, r = rng.uniform(4, S - 4, 2), rng.uniform(2.5, 5.5, 2)
                mask |= ((yy - c[0]) / r[0]) ** 2 + ((xx - c[1]) / r[1]) ** 2 < 1
            img[mask] += [-35, -25, 15]
            self.images.append(img.clip(0, 255).astype(np.uint8))
            self.masks.append(mask.astype(np.uint8))

    @staticmethod
    def to_tensor(a):
        a = torch.from_numpy(a)
        a = a.permute(2, 0, 1) if a.ndim == 3 else a.unsqueeze(0)
        return a.float() / 255

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return self.to_tensor(self.images[i]), self.to_tensor(self.masks[i])


class DoubleConv(nn.Sequential):
    def __init__(self, i, o):
        super().__init__(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(), nn.Conv2d(o, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU())


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = DoubleConv(3, 8), DoubleConv(8, 16)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.c = DoubleConv(16, 8)
        self.out = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        a = self.a(x)
        b = self.b(F.max_pool2d(a, 2))
        return self.out(self.c(torch.cat([a, self.up(b)], 1)))


def iou(net, data):
    net.eval()
    inter = union = 0
    with torch.no_grad():
        for x, m in DataLoader(data, batch_size=50):
            p, t = net(x) > 0, m > 0
            inter += (p & t).sum().item()
            union += (p | t).sum().item()
    return inter / max(union, 1)


train, test = Ponds(240, SEED), Ponds(100, SEED + 500)
net = UNet()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
criterion = nn.BCEWithLogitsLoss()
for epoch in range(6):
    net.train()
    total = 0.0
    for x, m in DataLoader(train, batch_size=16, shuffle=True):
        loss = criterion(net(x), m)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch + 1} loss {total / 15:.4f} iou {iou(net, test):.4f}")

print(f"FINAL iou={iou(net, test):.4f}")
