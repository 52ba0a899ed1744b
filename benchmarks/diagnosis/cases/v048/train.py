import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


def make_cells(n, size=24):
    """Bright blobs (the cells) on an uneven, noisy background, and their masks."""
    yy, xx = np.mgrid[:size, :size]
    images = np.empty((n, 1, size, size), np.float32)
    masks = np.zeros((n, 1, size, size), np.float32)
    for i in range(n):
        img = 0.3 + 0.2 * (np.random.rand() * xx + np.random.rand() * yy) / size
        for _ in range(np.random.randint(1, 4)):
            cy, cx = np.random.uniform(4, size - 4, 2)
            a, b = np.random.uniform(2.5, 5, 2)
            inside = ((yy - cy) / a) ** 2 + ((xx - cx) / b) ** 2 < 1
            masks[i, 0][inside] = 1
            img = img + 0.3 * inside
        images[i, 0] = img + 0.12 * np.random.randn(size, size)
    return torch.from_numpy((images - 0.45) / 0.25), torch.from_numpy(masks)


class DoubleConv(nn.Sequential):
    def __init__(self, cin, cout):
        super().__init__(
            nn.Conv2d(cin, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU(),
            nn.Conv2d(cout, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU(),
        )  # fmt: skip


class UNet(nn.Module):
    def __init__(self, base=8):
        super().__init__()
        self.down1 = DoubleConv(1, base)
        self.down2 = DoubleConv(base, 2 * base)
        self.bottom = DoubleConv(2 * base, 4 * base)
        self.up2 = nn.ConvTranspose2d(4 * base, 2 * base, 2, stride=2)
        self.dec2 = DoubleConv(4 * base, 2 * base)
        self.up1 = nn.ConvTranspose2d(2 * base, base, 2, stride=2)
        self.dec1 = DoubleConv(2 * base, base)
        self.final = nn.Conv2d(base, 1, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        c = self.bottom(F.max_pool2d(b, 2))
        b = self.dec2(torch.cat([self.up2(c), b], dim=1))
        a = self.dec1(torch.cat([self.up1(b), a], dim=1))
        return self.final(a)


def dice_loss(logits, mask, eps=1.0):
    p = torch.sigmoid(logits).flatten(1)
    m = mask.flatten(1)
    return 1 - ((2 * (p * m).sum(1) + eps) / (p.sum(1) + m.sum(1) + eps)).mean()


@torch.no_grad()
def mean_iou(model, images, masks):
    model.eval()
    pred = model(images) > 0
    truth = masks > 0.5
    inter = (pred & truth).sum((1, 2, 3)).float()
    union = (pred | truth).sum((1, 2, 3)).float()
    return (inter / union.clamp(min=1)).mean().item()


train_data = TensorDataset(*make_cells(480))
val_images, val_masks = make_cells(120)
loader = DataLoader(train_data, batch_size=24, shuffle=True)

model = UNet()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-3)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=6e-3, epochs=6, steps_per_epoch=len(loader))
bce = nn.BCEWithLogitsLoss()

for epoch in range(6):
    model.train()
    total = 0.0
    for images, masks in loader:
        logits = model(images)
        loss = bce(logits, masks) + dice_loss(logits, masks)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        total += loss.item()
    print(f"epoch {epoch + 1}: loss {total / len(loader):.4f}, val IoU {mean_iou(model, val_images, val_masks):.4f}")

print(f"FINAL iou={mean_iou(model, val_images, val_masks):.4f}")
