"""Single-object detector: class and box (cx, cy, w, h) of one shape in a 32x32 image."""
import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

SIZE = 32


class ToTensor:
    def __call__(self, image, target):
        image = torch.from_numpy(image).float().div(255).sub(0.3).unsqueeze(0)
        target = {"label": torch.tensor(target["label"]), "box": torch.tensor(target["box"], dtype=torch.float32)}
        return image, target


class HorizontalFlip:
    def __init__(self, rng, p=0.5):
        self.rng, self.p = rng, p

    def __call__(self, image, target):
        if self.rng.random() < self.p:
            image = image.flip(-1)
            target["box"][0] = SIZE - target["box"][0]
        return image, target


class RelativeBoxes:
    def __call__(self, image, target):
        target["box"] = target["box"] / SIZE
        return image, target


@dataclass
class DetConfig:
    epochs: int = 10
    batch: int = 32
    lr: float = 2e-3
    box_weight: float = 5.0
    relative_boxes: bool = False
    seed: int = int(os.environ.get("SEED", 0))


class ShapeBoxes(Dataset):
    def __init__(self, n, rng, transforms):
        self.transforms = transforms
        self.items = []
        for _ in range(n):
            w, h = rng.integers(6, 18, 2)
            x0, y0 = rng.integers(0, SIZE - w), rng.integers(0, SIZE - h)
            label = int(rng.integers(0, 2))
            img = rng.integers(0, 60, (SIZE, SIZE))
            patch = np.ones((h, w), bool)
            if label == 1:
                gy, gx = np.mgrid[-1:1:h * 1j, -1:1:w * 1j]
                patch = gy ** 2 + gx ** 2 <= 1
            img[y0:y0 + h, x0:x0 + w][patch] += 150
            self.items.append((img.astype(np.uint8), {"label": label, "box": [x0 + w / 2, y0 + h / 2, w, h]}))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        image, target = self.items[i]
        for t in self.transforms:
            image, target = t(image, target)
        return image, target["label"], target["box"]


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 12, 3, stride=2, padding=1), nn.BatchNorm2d(12), nn.ReLU(),
            nn.Conv2d(12, 24, 3, stride=2, padding=1), nn.BatchNorm2d(24), nn.ReLU(),
            nn.Conv2d(24, 24, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten(),
        )
        self.class_head = nn.Linear(24 * 16, 2)
        self.box_head = nn.Sequential(nn.Linear(24 * 16, 64), nn.ReLU(), nn.Linear(64, 4), nn.Sigmoid())

    def forward(self, x):
        h = self.backbone(x)
        return self.class_head(h), self.box_head(h)


def iou(a, b):
    lo = torch.maximum(a[:, :2] - a[:, 2:] / 2, b[:, :2] - b[:, 2:] / 2)
    hi = torch.minimum(a[:, :2] + a[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2)
    inter = (hi - lo).clamp(min=0).prod(1)
    return inter / (a[:, 2:].prod(1) + b[:, 2:].prod(1) - inter)


def build(cfg):
    rng = np.random.default_rng(cfg.seed)
    tail = [RelativeBoxes()] if cfg.relative_boxes else []
    train = ShapeBoxes(1200, rng, [ToTensor(), HorizontalFlip(rng), *tail])
    test = ShapeBoxes(300, rng, [ToTensor(), *tail])
    return DataLoader(train, cfg.batch, shuffle=True), DataLoader(test, 100)


cfg = DetConfig()
torch.manual_seed(cfg.seed)
train_loader, test_loader = build(cfg)
model = Detector()
optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)
for epoch in range(cfg.epochs):
    model.train()
    log = []
    for image, label, box in train_loader:
        logits, pred = model(image)
        loss = F.cross_entropy(logits, label) + cfg.box_weight * F.smooth_l1_loss(pred, box, beta=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log.append(loss.item())
    model.eval()
    with torch.no_grad():
        ious = torch.cat([iou(model(image)[1], box) for image, _, box in test_loader])
    print(f"epoch {epoch}: loss {np.mean(log):.3f} iou {ious.mean():.3f}")
print(f"FINAL iou={ious.mean().item():.4f}")
