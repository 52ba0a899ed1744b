import os
import time

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


def scenes(n):
    """16x16 sums of a few plane waves and an edge, and their 2x averages."""
    ax = torch.linspace(-1, 1, 16)
    yy, xx = torch.meshgrid(ax, ax, indexing="ij")
    img = torch.zeros(n, 16, 16)
    for _ in range(3):
        k = 6 * torch.randn(n, 2)
        img += torch.sin(k[:, :1, None] * xx + k[:, 1:, None] * yy + 6.28 * torch.rand(n, 1, 1)) / 2
    a = 6.28 * torch.rand(n, 1, 1)
    img += torch.sign(torch.cos(a) * xx + torch.sin(a) * yy - torch.rand(n, 1, 1) + 0.5)
    high = img.unsqueeze(1)
    return TensorDataset(nn.functional.avg_pool2d(high, 2), high)


class SRNet(nn.Module):
    def __init__(self, c=24):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, c, 3, padding=1), nn.PReLU(),
            nn.Conv2d(c, c, 3, padding=1), nn.PReLU(),
            nn.Conv2d(c, c, 3, padding=1), nn.PReLU(),
        )
        self.up = nn.Sequential(nn.Conv2d(c, 4, 3, padding=1), nn.PixelShuffle(2))

    def forward(self, low):
        return self.up(self.body(low))


def score(net, loader):
    net.eval()
    err = var = 0.0
    with torch.no_grad():
        for low, high in loader:
            base = nn.functional.interpolate(low, scale_factor=2, mode="nearest")
            err += (net(low) - high).pow(2).sum().item()
            var += (base - high).pow(2).sum().item()
    return 1 - err / var


train_loader = DataLoader(scenes(1600), batch_size=32, shuffle=True)
test_loader = DataLoader(scenes(400), batch_size=200)
net = SRNet()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
criterion = nn.L1Loss()
start = time.time()
for epoch in range(12):
    net.train()
    total = 0.0
    for low, high in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(low), high)
        loss.backward()
        optimizer.step()
        scheduler.step()
        total += loss.item()
    print(f"[{time.time() - start:5.1f}s] epoch {epoch} L1 {total / len(train_loader):.4f}")
# against nearest-neighbour upsampling
print(f"FINAL r2={score(net, test_loader):.4f}")
