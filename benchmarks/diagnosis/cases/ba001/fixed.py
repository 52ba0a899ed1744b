import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)


class LesionDataset(Dataset):
    """32x32 grey scans with one small bright lesion."""

    def __init__(self, n):
        self.images, self.masks = [], []
        yy, xx = np.mgrid[:32, :32]
        for _ in range(n):
            img = np.random.randn(32, 32) * 0.5
            cy, cx = np.random.randint(4, 28, 2)
            r = np.random.uniform(1.3, 2.2)
            m = ((yy - cy) ** 2 + (xx - cx) ** 2) <= r * r
            img = img + 1.1 * m
            self.images.append(img.astype(np.float32)[None])
            self.masks.append(m.astype(np.float32)[None])

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return torch.from_numpy(self.images[i]), torch.from_numpy(self.masks[i])


def double_conv(cin, cout):
    return nn.Sequential(
        nn.Conv2d(cin, cout, 3, padding=1), nn.BatchNorm2d(cout), nn.ReLU(inplace=True),
        nn.Conv2d(cout, cout, 3, padding=1), nn.BatchNorm2d(cout), nn.ReLU(inplace=True),
    )


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1 = double_conv(1, 8)
        self.down2 = double_conv(8, 16)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        self.up1 = double_conv(24, 8)
        self.last = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        c1 = self.down1(x)
        c2 = self.down2(self.pool(c1))
        x = torch.cat([self.up(c2), c1], dim=1)
        return self.last(self.up1(x))


train_loader = DataLoader(LesionDataset(320), batch_size=16, shuffle=True)
val_loader = DataLoader(LesionDataset(128), batch_size=32)
model = UNet()
bce = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(10.0))


def criterion(out, y):
    p = torch.sigmoid(out)
    return bce(out, y) + 1 - (2 * (p * y).sum() + 1) / (p.sum() + y.sum() + 1)

optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)


def dice_score(loader):
    model.eval()
    inter = total = 0.0
    with torch.no_grad():
        for x, y in loader:
            p = (torch.sigmoid(model(x)) > 0.5).float()
            inter += (p * y).sum().item()
            total += p.sum().item() + y.sum().item()
    return 2 * inter / max(total, 1e-6)


for epoch in range(10):
    model.train()
    losses = []
    for x, y in train_loader:
        optimizer.zero_grad()
        out = model(x)
        loss = criterion(out, y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(f"Epoch {epoch}  loss {np.mean(losses):.4f}  val dice {dice_score(val_loader):.4f}")

print(f"FINAL dice={dice_score(val_loader):.4f}")
