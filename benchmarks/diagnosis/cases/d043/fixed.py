import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)

n = 2400
pictures = rng.normal(0, 0.3, (n, 1, 10, 10)).astype("float32")
upright = rng.randint(0, 2, n)
for p, u in zip(pictures, upright):
    k = rng.randint(2, 8)
    if u:
        p[0, :, k] += 1
    else:
        p[0, k, :] += 1
table = rng.normal(size=(n, 6)).astype("float32")
high = (table[:, 0] * table[:, 1] + 0.5 * table[:, 2] > 0).astype(int)
label = 2 * upright + high
tensors = [torch.from_numpy(a) for a in (pictures, table, label)]
loader = DataLoader(TensorDataset(*[t[:1900] for t in tensors]), batch_size=32, shuffle=True)


class TwoBranch(nn.Module):
    def __init__(self):
        super().__init__()
        self.image = nn.Sequential(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(72, 32))
        self.tabular = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 32))
        self.classifier = nn.Sequential(nn.ReLU(), nn.Linear(32, 4))

    def forward(self, picture, table):
        features = self.tabular(table) + self.image(picture)
        return self.classifier(features)


model = TwoBranch()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(10):
    for p, t, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(p, t), y)
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "loss", round(loss.item(), 4))

model.eval()
with torch.no_grad():
    p, t, y = [a[1900:] for a in tensors]
    acc = (model(p, t).argmax(1) == y).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
