import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
rng = np.random.default_rng(int(os.environ.get("SEED", 0)) + 50)

FINGERS = [(0, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 1, 1, 0, 0), (1, 1, 1, 0, 0), (0, 1, 1, 1, 1),
           (1, 1, 1, 1, 1), (1, 0, 0, 0, 1), (1, 1, 0, 0, 0)]


def hands(n, s=18):
    y = rng.integers(0, len(FINGERS), n)
    x = rng.normal(0, 0.25, (n, s, s))
    for i in range(n):
        dx, dy = rng.integers(-1, 3), rng.integers(-1, 2)
        x[i, 11 + dy:16 + dy, 3 + dx:13 + dx] += 0.7
        for f, up in enumerate(FINGERS[y[i]]):
            top = 3 if up else 9
            x[i, top + dy + 1:11 + dy, 3 + dx + 2 * f] += 0.7
    return torch.tensor(x, dtype=torch.float32).unsqueeze(1), torch.tensor(y)


class HandNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.classes = classes
        self.conv = nn.Conv2d(1, 6, 3)
        self.dense = None

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1)
        if self.dense is None:
            # size depends on the picture
            self.dense = nn.Sequential(nn.Linear(x.shape[1], 32), nn.ReLU(), nn.Linear(32, self.classes))
        return self.dense(x)


x_train, y_train = hands(2000)
x_test, y_test = hands(500)
model = HandNet(len(FINGERS))
model(x_train[:2])
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(12):
    order = torch.randperm(2000)
    for b in range(0, 2000, 40):
        idx = order[b:b + 40]
        optimizer.zero_grad()
        loss = criterion(model(x_train[idx]), y_train[idx])
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        accuracy = (model(x_test).argmax(1) == y_test).float().mean().item()
    print(f"epoch {epoch + 1} loss {loss.item():.3f} accuracy {accuracy:.3f}")

print(f"FINAL accuracy={accuracy:.4f}")
