"""Small U-Net for lesion masks."""
import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset


class LesionDataset(Dataset):
    def __init__(self, n, seed, size=24):
        rs = np.random.RandomState(seed)
        grid = np.mgrid[:size, :size]
        self.images = np.zeros((n, 1, size, size), dtype=np.float32)
        self.masks = np.zeros_like(self.images)
        for i in range(n):
            c = rs.uniform(6, size - 6, 2)[:, None, None]
            ax = rs.uniform(2.0, 5.0, 2)[:, None, None]
            mask = (((grid - c) / ax) ** 2).sum(0) < 1
            tissue = 0.4 * np.sin(grid[0] / rs.uniform(2, 5) + rs.rand() * 6)
            self.images[i, 0] = tissue + 0.8 * mask + 0.3 * rs.randn(size, size)
            self.masks[i, 0] = mask

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return torch.from_numpy(self.images[i]), torch.from_numpy(self.masks[i])


class ConvBatchNorm(nn.Module):
    """(convolution => [BN] => ReLU)"""

    def __init__(self, in_channels, out_channels, kernel=3):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2)
        self.norm = nn.BatchNorm2d(out_channels)
        self.activation = nn.ReLU()

    def forward(self, x):
        return self.activation(self.norm(self.conv(x)))


class UNet(nn.Module):
    def __init__(self, base=8):
        super().__init__()
        self.down1 = ConvBatchNorm(1, base)
        self.down2 = ConvBatchNorm(base, 2 * base)
        self.bottom = ConvBatchNorm(2 * base, 4 * base)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.up2 = ConvBatchNorm(6 * base, 2 * base)
        self.up1 = ConvBatchNorm(3 * base, base)
        self.outc = nn.Sequential(nn.Conv2d(base, 1, 1), nn.ReLU())

    def forward(self, x):
        d1 = self.down1(x)
        d2 = self.down2(self.pool(d1))
        u = self.bottom(self.pool(d2))
        u = self.up2(torch.cat([self.up(u), d2], 1))
        u = self.up1(torch.cat([self.up(u), d1], 1))
        return self.outc(u)


def dice(logits, masks):
    pred = (torch.sigmoid(logits) > 0.5).float()
    inter = (pred * masks).sum((1, 2, 3))
    return ((2 * inter + 1e-6) / (pred.sum((1, 2, 3)) + masks.sum((1, 2, 3)) + 1e-6)).mean().item()


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    train_loader = DataLoader(LesionDataset(360, seed), batch_size=12, shuffle=True)
    val = LesionDataset(150, seed + 500)
    val_x, val_y = torch.from_numpy(val.images), torch.from_numpy(val.masks)
    model = UNet()
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(6):
        model.train()
        total = 0.0
        for x, y in train_loader:
            loss = criterion(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        model.eval()
        with torch.no_grad():
            score = dice(model(val_x), val_y)
        print(f"epoch {epoch + 1} loss {total / len(train_loader):.4f} val dice {score:.4f}")
    print(f"FINAL dice={score:.4f}")


if __name__ == "__main__":
    main()
