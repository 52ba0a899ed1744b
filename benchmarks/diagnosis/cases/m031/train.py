import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
rng = np.random.default_rng(int(os.environ.get("SEED", 0)))

IMAGENET_MEAN = np.array([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1)
IMAGENET_STD = np.array([0.229, 0.224, 0.225]).reshape(1, 3, 1, 1)


def leaves(n, size=20):
    """Photographs of leaves (bytes): three outlines times two kinds of veins."""
    yy, xx = np.mgrid[:size, :size] - (size - 1) / 2
    pics = rng.integers(90, 165, size=(n, 3, size, size)).astype(np.int64)
    labels = rng.integers(0, 6, n)
    for pic, label in zip(pics, labels):
        cy, cx, r = *rng.uniform(-2, 2, 2), rng.uniform(5, 7)
        dy, dx = yy - cy, xx - cx
        outline = [dy ** 2 + dx ** 2 < r * r, np.maximum(abs(dy), abs(dx)) < 0.85 * r, abs(dy) + abs(dx) < 1.2 * r][label % 3]
        veins = (np.sin(1.6 * dx) if label // 3 else np.sin(1.6 * dy)) > 0
        pic += (outline[None] * np.array([-25, 30, -25])[:, None, None]).astype(np.int64)
        pic += (outline & veins)[None] * 35
    return pics.clip(0, 255).astype(np.uint8), labels


def to_input(pics):
    return torch.tensor((pics - IMAGENET_MEAN) / IMAGENET_STD, dtype=torch.float32)


train_pics, train_labels = leaves(1600)
test_pics, test_labels = leaves(500)
loader = DataLoader(TensorDataset(to_input(train_pics), torch.tensor(train_labels)), batch_size=32, shuffle=True)

net = nn.Sequential()
channels = 3
for k, width in enumerate([16, 32]):
    net.add_module(f"conv{k}", nn.Conv2d(channels, width, 3, padding=1))
    net.add_module(f"relu{k}", nn.ReLU())
    net.add_module(f"pool{k}", nn.MaxPool2d(2))
    channels = width
net.add_module("flatten", nn.Flatten())
net.add_module("fc", nn.Linear(32 * 25, 6))

optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
criterion = nn.CrossEntropyLoss()
for epoch in range(10):
    running = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        running += loss.item()
    print(f"epoch {epoch + 1}  loss {running / len(loader):.4f}")

with torch.no_grad():
    hits = (net(to_input(test_pics)).argmax(1) == torch.tensor(test_labels)).float().mean().item()
print(f"FINAL accuracy={hits:.4f}")
