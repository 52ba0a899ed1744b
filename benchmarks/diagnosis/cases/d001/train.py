import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)


def shapes(n, s=14):
    x = rng.rand(n, 1, s, s).astype("float32") * 0.3
    y = rng.randint(0, 3, n)
    yy, xx = np.mgrid[:s, :s]
    for i, k in enumerate(y):
        cy, cx = rng.uniform(4, s - 5, 2)
        r = rng.uniform(2.5, 4)
        d = np.hypot(yy - cy, xx - cx)
        if k == 0:
            m = d < r
        elif k == 1:
            m = np.abs(d - r) < 0.8
        else:
            m = ((abs(yy - cy) < 1) | (abs(xx - cx) < 1)) & (d < r + 1)
        x[i, 0][m] += 0.7
    x = (x - x.mean()) / x.std()
    return torch.from_numpy(x), torch.from_numpy(y)


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.Sigmoid(),
            nn.Conv2d(8, 8, 3, padding=1), nn.Sigmoid(),
            nn.Conv2d(8, 16, 3, padding=1, stride=2), nn.Sigmoid(),
            nn.Conv2d(16, 16, 3, padding=1), nn.Sigmoid(),
            nn.Conv2d(16, 32, 3, padding=1, stride=2), nn.Sigmoid(),
            nn.Conv2d(32, 32, 3, padding=1), nn.Sigmoid(),
        )
        self.classifier = nn.Linear(32 * 16, 3)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


train = DataLoader(TensorDataset(*shapes(1600)), batch_size=32, shuffle=True)
xt, yt = shapes(500)
model = ConvNet()
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
criterion = nn.CrossEntropyLoss()
for epoch in range(6):
    running = 0.0
    for x, y in train:
        opt.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        opt.step()
        running += loss.item()
    print(f"epoch {epoch + 1} loss {running / len(train):.4f}")

with torch.no_grad():
    acc = (model(xt).argmax(1) == yt).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
