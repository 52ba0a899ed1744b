import os

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
BATCH_SIZE = 32


def phantoms(n):
    """Scans of very different exposure: is the lesion (a soft disc) brighter or darker, left or right?"""
    ax = torch.arange(16.0)
    y = torch.randint(0, 4, (n,))
    cy = 4 + 8 * torch.rand(n, 1, 1)
    cx = torch.where(y % 2 == 0, 4.0, 11.0).view(n, 1, 1) + 2 * torch.rand(n, 1, 1) - 1
    disc = torch.exp(-((ax[None, :, None] - cy) ** 2 + (ax[None, None, :] - cx) ** 2) / 6)
    sign = torch.where(y < 2, 1.0, -1.0).view(n, 1, 1)
    exposure = torch.exp(0.9 * torch.randn(n, 1, 1))
    x = exposure * (1 + 0.9 * sign * disc + 0.25 * torch.randn(n, 16, 16)) + 0.8 * torch.randn(n, 1, 1)
    return TensorDataset(x.unsqueeze(1), y)


class ScanNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1, bias=False), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1, bias=False), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.BatchNorm1d(24 * 16), nn.Linear(24 * 16, 4),
        )

    def forward(self, x):
        return self.net(x)


train_dl = DataLoader(phantoms(900), batch_size=BATCH_SIZE, shuffle=True, drop_last=True)
val_dl = DataLoader(phantoms(800), batch_size=100)
model = ScanNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(10):
    model.train()
    total = 0.0
    for x, y in train_dl:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    model.eval()
    with torch.no_grad():
        acc = sum((model(x).argmax(1) == y).sum().item() for x, y in val_dl) / 800
    print(f"epoch {epoch + 1} train {total / len(train_dl):.4f} val acc {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
