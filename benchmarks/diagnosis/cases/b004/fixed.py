import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class DoubleConv(nn.Module):
    def __init__(self, in_ch, out_ch):
        super().__init__()
        self.double_conv = nn.Sequential(
            nn.Conv2d(in_ch, out_ch, 3, padding=1), nn.BatchNorm2d(out_ch), nn.ReLU(inplace=True),
            nn.Conv2d(out_ch, out_ch, 3, padding=1), nn.BatchNorm2d(out_ch), nn.ReLU(inplace=True))

    def forward(self, x):
        return self.double_conv(x)


class UNet(nn.Module):
    def __init__(self, n_channels=1, n_classes=1):
        super().__init__()
        self.inc = DoubleConv(n_channels, 8)
        self.down1 = DoubleConv(8, 16)
        self.up1 = DoubleConv(24, 8)
        self.outc = nn.Conv2d(8, n_classes, 1)

    def forward(self, x):
        x1 = self.inc(x)
        x2 = self.down1(F.max_pool2d(x1, 2))
        x = torch.cat([x1, F.interpolate(x2, scale_factor=2, mode="nearest")], dim=1)
        x = self.outc(self.up1(x))
        return x


class Vessels(Dataset):
    def __init__(self, n, seed):
        r = np.random.RandomState(seed)
        s = 24
        yy, xx = np.mgrid[:s, :s]
        self.img, self.mask = [], []
        for _ in range(n):
            a, b, f, p = r.uniform(4, 20), r.uniform(-0.5, 0.5), r.uniform(0.2, 0.5), r.uniform(0, 6)
            centre = a + b * (xx - 12) + 2 * np.sin(f * xx + p)
            m = np.abs(yy - centre) < 1.2
            self.mask.append(m.astype(np.float32)[None])
            self.img.append((0.7 * m + r.normal(0, 0.45, (s, s))).astype(np.float32)[None])

    def __len__(self):
        return len(self.img)

    def __getitem__(self, i):
        return {"image": torch.from_numpy(self.img[i]), "mask": torch.from_numpy(self.mask[i])}


def dice_coeff(pred, target, eps=1e-6):
    pred = (torch.sigmoid(pred) > 0.5).float()
    return (2 * (pred * target).sum() + eps) / (pred.sum() + target.sum() + eps)


net = UNet()
optimizer = torch.optim.RMSprop(net.parameters(), lr=3e-4, weight_decay=1e-8, momentum=0.9)
criterion = nn.BCEWithLogitsLoss()
train_loader = DataLoader(Vessels(240, SEED), batch_size=8, shuffle=True)
val = Vessels(80, SEED + 777)
val_img, val_mask = torch.tensor(np.stack(val.img)), torch.tensor(np.stack(val.mask))

for epoch in range(4):
    net.train()
    epoch_loss = 0
    for batch in train_loader:
        masks_pred = net(batch["image"])
        loss = criterion(masks_pred, batch["mask"])
        epoch_loss += loss.item()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        dice = dice_coeff(net(val_img), val_mask).item()
    print(f"Epoch {epoch + 1} finished! Loss: {epoch_loss / len(train_loader):.4f} Validation Dice: {dice:.4f}")
print(f"FINAL dice={dice:.4f}")
