import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def textures(n, classes, offset=0):
    """16x16 gratings; class = orientation, phase and frequency free."""
    yy, xx = np.mgrid[:16, :16]
    lab = rng.integers(0, classes, n)
    ang = (lab + offset) * np.pi / classes
    f = rng.uniform(0.6, 1.1, n)
    arg = (np.cos(ang)[:, None, None] * xx + np.sin(ang)[:, None, None] * yy) * f[:, None, None]
    img = np.sin(arg + rng.uniform(0, 6.3, (n, 1, 1))) + rng.normal(0, 0.5, (n, 16, 16))
    return torch.tensor(img[:, None], dtype=torch.float32), torch.tensor(lab)


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(1, 16, 5, padding=2, bias=False), nn.BatchNorm2d(16)
        self.conv2, self.bn2 = nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32)
        self.pool = nn.AdaptiveAvgPool2d(2)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 2)
        return self.pool(torch.relu(self.bn2(self.conv2(x)))).flatten(1)


class FineTuner(nn.Module):
    def __init__(self, backbone, classes):
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(128, classes)
        for p in self.backbone.parameters():
            p.requires_grad_(False)

    def train(self, mode=True):
        super().train(mode)
        self.backbone.eval()  # keep the statistics of the source domain
        return self

    def forward(self, x):
        with torch.no_grad():
            h = self.backbone(x)
        return self.head(h)


def loop(model, loader, optimizer, epochs, name):
    for epoch in range(epochs):
        model.train()
        for x, y in loader:
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"{name} epoch {epoch + 1} loss {loss.item():.4f}")


backbone = Backbone()
source = nn.Sequential(backbone, nn.Linear(128, 6))
loop(source, DataLoader(TensorDataset(*textures(1500, 6)), 50, shuffle=True), torch.optim.Adam(source.parameters(), 2e-3), 5, "source")

model = FineTuner(backbone, 4)
few = DataLoader(TensorDataset(*textures(240, 4, 0.5)), 24, shuffle=True)
loop(model, few, torch.optim.Adam([p for p in model.parameters() if p.requires_grad], 5e-3), 12, "target")
model.eval()
x, y = textures(600, 4, 0.5)
with torch.no_grad():
    acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
