import os
import random

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
np.random.seed(SEED)
torch.manual_seed(SEED)

CLASSES = ["left", "right", "up", "down"]


def draw_arrow(label, size=20):
    img = np.random.normal(0, 0.3, (size, size)).astype(np.float32)
    cy, cx = np.random.randint(7, 13, 2)
    shape = np.zeros((size, size), np.float32)
    shape[cy, cx - 5:cx + 6] = 1
    for k in range(1, 4):
        shape[cy - k, cx - 5 + k] = shape[cy + k, cx - 5 + k] = 1
    shape = np.roll(shape, (10 - cy, 10 - cx), (0, 1))
    turns = {"left": 0, "down": 1, "right": 2, "up": 3}[label]
    shape = np.rot90(shape, turns)
    shape = np.roll(shape, (cy - 10, cx - 10), (0, 1))
    return img + 1.2 * shape


def random_crop_shift(img):
    return np.roll(img, (random.randint(-2, 2), random.randint(-2, 2)), (0, 1))


def random_flip(img):
    return img[:, ::-1] if random.random() < 0.5 else img


class Arrows(Dataset):
    def __init__(self, n, transforms=()):
        self.labels = [random.randrange(4) for _ in range(n)]
        self.images = [draw_arrow(CLASSES[k]) for k in self.labels]
        self.transforms = transforms

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        img = self.images[i]
        for t in self.transforms:
            img = t(img)
        return torch.from_numpy(np.ascontiguousarray(img))[None], self.labels[i]


train_set = Arrows(1500, transforms=[random_crop_shift])
test_set = Arrows(400)
model = nn.Sequential(
    nn.Conv2d(1, 12, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(12, 24, 5, padding=2), nn.ReLU(), nn.AdaptiveMaxPool2d(2),
    nn.Flatten(), nn.Linear(96, 4))
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(8):
    model.train()
    for x, y in DataLoader(train_set, batch_size=50, shuffle=True):
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        acc = np.mean([(model(x).argmax(1) == y).float().mean().item() for x, y in DataLoader(test_set, batch_size=100)])
    print(f"Epoch {epoch + 1}: loss {loss.item():.3f}, val acc {acc:.3f}")
print(f"FINAL accuracy={acc:.4f}")
