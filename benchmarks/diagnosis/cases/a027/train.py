import math
import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
rng = np.random.default_rng(int(os.environ.get("SEED", 0)))


class ClassificationHead(nn.Module):
    """Dense detection head: an object score for each cell and class."""

    def __init__(self, channels, num_classes, num_convs=2, prior_probability=0.01):
        super().__init__()
        tower = []
        for _ in range(num_convs):
            tower += [nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU()]
        self.tower = nn.Sequential(*tower)
        self.cls_logits = nn.Conv2d(channels, num_classes, 3, padding=1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, std=0.05)
                nn.init.constant_(layer.bias, -math.log((1 - prior_probability) / prior_probability))

    def forward(self, x):
        return self.cls_logits(self.tower(x))


class Detector(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
            nn.Conv2d(16, 24, 3, stride=2, padding=1), nn.BatchNorm2d(24), nn.ReLU(),
        )  # fmt: skip
        self.head = ClassificationHead(24, num_classes)

    def forward(self, x):
        return self.head(self.backbone(x))


def scenes(n, size=32, classes=3):
    img = rng.normal(0, 0.2, (n, 1, size, size)).astype(np.float32)
    target = np.zeros((n, classes, size // 4, size // 4), np.float32)
    yy, xx = np.mgrid[-3:4, -3:4]
    stamps = [xx**2 + yy**2 <= 9, (abs(xx) == 3) | (abs(yy) == 3), abs(xx) == abs(yy)]
    for i in range(n):
        for _ in range(rng.integers(1, 4)):
            k, r, c = rng.integers(0, classes), *rng.integers(4, size - 4, 2)
            img[i, 0, r - 3 : r + 4, c - 3 : c + 4] += stamps[k]
            target[i, k, r // 4, c // 4] = 1
    return torch.from_numpy(img), torch.from_numpy(target)


def focal(logits, target, alpha=0.5, gamma=2.0):
    ce = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    p = logits.sigmoid()
    miss = target * (1 - p) + (1 - target) * p
    weight = target * alpha + (1 - target) * (1 - alpha)
    return (weight * miss**gamma * ce).sum() / target.sum().clamp(min=1)


images, targets = scenes(800)
test_images, test_targets = scenes(300)
model = Detector(3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)
for epoch in range(12):
    model.train()
    total = 0.0
    for idx in torch.randperm(len(images)).split(16):
        loss = focal(model(images[idx]), targets[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch} focal loss {total / 50:.4f}")

model.eval()
with torch.no_grad():
    p = (model(test_images).sigmoid() > 0.4).float()
tp = (p * test_targets).sum()
print(f"FINAL f1={(2 * tp / (p.sum() + test_targets.sum())).item():.4f}")
