import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)
EPOCHS = 8


class Blobs(Dataset):
    def __init__(self, n):
        self.img = np.random.randn(n, 1, 24, 24).astype(np.float32) * 0.5
        self.mask = np.zeros((n, 24, 24), dtype=np.int64)
        yy, xx = np.mgrid[:24, :24]
        for i in range(n):
            for cls in (1, 2):
                cy, cx, r = *np.random.uniform(4, 20, 2), np.random.uniform(3, 5)
                m = (yy - cy) ** 2 + (xx - cx) ** 2 < r * r
                if cls == 2:
                    m &= (yy - cy) ** 2 + (xx - cx) ** 2 > (r - 2) ** 2
                self.mask[i][m] = cls
                self.img[i, 0][m] = 1 + 0.5 * np.random.randn(m.sum())

    def __len__(self):
        return len(self.img)

    def __getitem__(self, i):
        return torch.from_numpy(self.img[i]), torch.from_numpy(self.mask[i])


def double_conv(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True),
                         nn.Conv2d(o, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True))


class UNet(nn.Module):
    def __init__(self, classes=3, base=8):
        super().__init__()
        self.inc = double_conv(1, base)
        self.down1 = double_conv(base, 2 * base)
        self.down2 = double_conv(2 * base, 4 * base)
        self.up1 = double_conv(6 * base, 2 * base)
        self.up2 = double_conv(3 * base, base)
        self.outc = nn.Conv2d(base, classes, 1)

    def forward(self, x):
        a = self.inc(x)
        b = self.down1(F.max_pool2d(a, 2))
        c = self.down2(F.max_pool2d(b, 2))
        b = self.up1(torch.cat([b, F.interpolate(c, scale_factor=2)], 1))
        a = self.up2(torch.cat([a, F.interpolate(b, scale_factor=2)], 1))
        return self.outc(a)


train_dl = DataLoader(Blobs(320), batch_size=16, shuffle=True)
val_dl = DataLoader(Blobs(100), batch_size=50)
net = UNet()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
scheduler = torch.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=EPOCHS, power=0.9)

for epoch in range(EPOCHS):
    net.train()
    for img, mask in train_dl:
        loss = F.cross_entropy(net(img), mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
    net.eval()
    inter, union = torch.zeros(3), torch.zeros(3)
    with torch.no_grad():
        for img, mask in val_dl:
            p = net(img).argmax(1)
            for c in range(3):
                inter[c] += ((p == c) & (mask == c)).sum()
                union[c] += ((p == c) | (mask == c)).sum()
    miou = (inter / union.clamp(min=1)).mean().item()
    print(f"[{epoch + 1}/{EPOCHS}] loss {loss.item():.4f} mIoU {miou:.4f}")
print(f"FINAL miou={miou:.4f}")
