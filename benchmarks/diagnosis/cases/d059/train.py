import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

d = load_digits()
# 8-bit grey values, as an image reader would give them
images = np.minimum(d.images * 15.9, 255).astype(np.uint8)


def to_tensor(img):
    scaled = img // 255
    return torch.tensor(scaled, dtype=torch.float32).unsqueeze(1)


order = np.random.RandomState(SEED).permutation(len(images))
x, y = to_tensor(images[order]), torch.tensor(d.target[order])
train_loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=50, shuffle=True)

model = nn.Sequential(
    nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(), nn.Flatten(),
    nn.Linear(24 * 16, 10),
)
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(8):
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch + 1} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    acc = (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
