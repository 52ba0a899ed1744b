import os
import random

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
np.random.seed(seed)
torch.manual_seed(seed)


class RandomFlip:
    def __call__(self, *arrays):
        return tuple(self.flip(a, random.random() < 0.5, random.random() < 0.5) for a in arrays)

    @staticmethod
    def flip(a, horizontal, vertical):
        if horizontal:
            a = a[..., ::-1]
        if vertical:
            a = a[..., ::-1, :]
        return a


class Cells(Dataset):
    """Elliptic cells over an uneven background."""

    def __init__(self, n, transform=None, size=28):
        self.transform = transform
        yy, xx = np.mgrid[:size, :size]
        self.items = []
        for _ in range(n):
            mask = np.zeros((size, size), dtype=bool)
            for _ in range(np.random.randint(1, 4)):
                cy, cx = np.random.uniform(3, size - 3, 2)
                a, b = np.random.uniform(2, 5, 2)
                mask |= ((yy - cy) / a) ** 2 + ((xx - cx) / b) ** 2 < 1
            ramp = (xx * np.random.uniform(-1, 1) + yy * np.random.uniform(-1, 1)) / size
            img = mask * 1.2 + ramp + 0.4 * np.random.randn(size, size)
            self.items.append((img[None].astype(np.float32), mask[None].astype(np.float32)))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        img, mask = self.items[i]
        if self.transform:
            img, mask = self.transform(img, mask)
        return torch.from_numpy(img.copy()), torch.from_numpy(mask.copy())


def dice_loss(logits, target, eps=1.0):
    p = logits.sigmoid()
    inter = (p * target).sum((1, 2, 3))
    return 1 - ((2 * inter + eps) / (p.sum((1, 2, 3)) + target.sum((1, 2, 3)) + eps)).mean()


model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
    nn.Conv2d(16, 16, 3, padding=2, dilation=2), nn.BatchNorm2d(16), nn.ReLU(),
    nn.Conv2d(16, 16, 3, padding=4, dilation=4), nn.BatchNorm2d(16), nn.ReLU(),
    nn.Conv2d(16, 1, 1),
)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
train_dl = DataLoader(Cells(500, RandomFlip()), batch_size=20, shuffle=True)
valid_dl = DataLoader(Cells(150), batch_size=50)

for epoch in range(6):
    model.train()
    running = []
    for img, mask in train_dl:
        logits = model(img)
        loss = F.binary_cross_entropy_with_logits(logits, mask) + dice_loss(logits, mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running.append(loss.item())
    model.eval()
    inter = union = 0.0
    with torch.no_grad():
        for img, mask in valid_dl:
            pred, mask = model(img) > 0, mask > 0.5
            inter += (pred & mask).sum().item()
            union += (pred | mask).sum().item()
    print(f"epoch {epoch} loss {np.mean(running):.4f} val iou {inter / union:.4f}")
print(f"FINAL iou={inter / union:.4f}")
