import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)


def textures(n, s=16):
    """Stripes in one of six directions under noise."""
    yy, xx = np.mgrid[:s, :s]
    k = rng.randint(0, 6, n)
    angle = k * np.pi / 6
    phase = rng.uniform(0, 2 * np.pi, n)
    wave = np.sin((np.cos(angle)[:, None, None] * xx + np.sin(angle)[:, None, None] * yy) * 1.6 + phase[:, None, None])
    img = wave + rng.normal(0, 0.9, (n, s, s))
    return torch.tensor(img[:, None], dtype=torch.float32), torch.tensor(k)


class Texture(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 12, 5), nn.ReLU(), nn.Conv2d(12, 12, 5, stride=2), nn.ReLU(),
                                      nn.AdaptiveAvgPool2d(1))
        self.classifier = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 6))

    def forward(self, x):
        f = self.features(x).flatten(1)
        return self.classifier(f)


train = DataLoader(TensorDataset(*textures(2000)), batch_size=40, shuffle=True)
xt, yt = textures(500)
model = Texture()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(8):
    total = 0.0
    for x, y in train:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    with torch.no_grad():
        acc = (model(xt).argmax(1) == yt).float().mean().item()
    print(f"epoch {epoch + 1} loss {total / len(train):.4f} accuracy {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
