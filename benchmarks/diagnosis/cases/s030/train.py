import os
import numpy as np
import torch
import torch.nn as nn
from torch.optim.lr_scheduler import PolynomialLR
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)
EPOCHS = 24


def patches(n, s=12):
    """Infrared and visible channel; cloud where a smooth field is high, snow is bright but warm."""
    yy, xx = np.mgrid[:s, :s] / s
    img, mask = np.zeros((n, 2, s, s)), np.zeros((n, s, s))
    for i in range(n):
        a = rng.normal(size=6)
        field = a[0] * np.sin(3 * xx + a[1]) + a[2] * np.cos(3 * yy + a[3]) + a[4] * np.sin(4 * xx * yy + a[5])
        snow = rng.random() < 0.4
        mask[i] = field > 0.3
        img[i, 0] = -0.7 * mask[i] + 0.5 * rng.normal() + rng.normal(0, 0.5, (s, s))
        img[i, 1] = np.maximum(mask[i], snow * (yy > 0.5)) + rng.normal(0, 0.4, (s, s))
    return torch.tensor(img, dtype=torch.float32), torch.tensor(mask, dtype=torch.float32)


net = nn.Sequential(
    nn.Conv2d(2, 12, 3, padding=1), nn.ReLU(),
    nn.Conv2d(12, 12, 3, padding=2, dilation=2), nn.ReLU(),
    nn.Conv2d(12, 12, 3, padding=3, dilation=3), nn.ReLU(),
    nn.Conv2d(12, 1, 1),
)
train = DataLoader(TensorDataset(*patches(300)), batch_size=25, shuffle=True)
x_test, m_test = patches(150)
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
scheduler = PolynomialLR(optimizer, power=0.9)


@torch.no_grad()
def pixel_accuracy():
    return ((net(x_test).squeeze(1) > 0) == (m_test > 0.5)).float().mean().item()


for epoch in range(EPOCHS):
    total = 0.0
    for x, m in train:
        optimizer.zero_grad()
        loss = criterion(net(x).squeeze(1), m)
        loss.backward()
        optimizer.step()
        total += loss.item()
    scheduler.step()
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1}: loss {total / len(train):.4f} accuracy {pixel_accuracy():.4f}")

print(f"FINAL accuracy={pixel_accuracy():.4f}")
