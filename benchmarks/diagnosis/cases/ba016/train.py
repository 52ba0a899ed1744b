import os
import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)
CLASSES = ["bolt", "gear", "nut", "screw", "washer"]
BATCH = 32


def render(name):
    yy, xx = np.mgrid[:20, :20]
    cy, cx = np.random.uniform(8, 12, 2)
    d = np.hypot(yy - cy, xx - cx)
    ang = np.arctan2(yy - cy, xx - cx) + np.random.uniform(0, 2 * np.pi)
    r = np.random.uniform(5, 7)
    if name == "bolt":
        m = np.maximum(np.abs(yy - cy) * 2.5, np.abs(xx - cx)) < r
    elif name == "gear":
        m = d < r * (1 + 0.25 * np.sign(np.sin(6 * ang)))
    elif name == "nut":
        m = (np.maximum(np.abs(yy - cy), np.abs(xx - cx)) < r) & (d > 3)
    elif name == "screw":
        m = np.abs((yy - cy) * np.cos(ang[0, 0]) - (xx - cx) * np.sin(ang[0, 0])) < 1.5
    else:
        m = (d < r) & (d > r - 2)
    return (m * 180 + np.random.normal(40, 25, (20, 20))).clip(0, 255).astype(np.uint8)


def write_folder(root, per_class):
    for c in CLASSES:
        (root / c).mkdir(parents=True)
        for i in range(per_class):
            np.save(root / c / f"{i:04d}.npy", render(c))


class PartsFolder(Dataset):
    def __init__(self, root):
        self.samples = [(p, k) for k, c in enumerate(CLASSES) for p in sorted((root / c).glob("*.npy"))]
        self.cache = [np.load(p) for p, _ in self.samples]

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, i):
        img = torch.from_numpy(self.cache[i]).float().div(255).sub(0.5).div(0.5)
        return img.unsqueeze(0), self.samples[i][1]


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer1 = nn.Sequential(nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2))
        self.layer2 = nn.Sequential(nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2))
        self.fc = nn.Linear(5 * 5 * 32, len(CLASSES))

    def forward(self, x):
        out = self.layer2(self.layer1(x))
        return self.fc(out.reshape(out.size(0), -1))


with tempfile.TemporaryDirectory() as tmp:
    write_folder(Path(tmp) / "train", 200)
    write_folder(Path(tmp) / "val", 60)
    train_set, val_set = PartsFolder(Path(tmp) / "train"), PartsFolder(Path(tmp) / "val")

train_loader = DataLoader(train_set, batch_size=BATCH, num_workers=0)
val_loader = DataLoader(val_set, batch_size=64)
model = CNN()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)

for epoch in range(8):
    model.train()
    for i, (images, labels) in enumerate(train_loader):
        outputs = model(images)
        loss = criterion(outputs, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if (i + 1) % 16 == 0:
            print(f"Epoch [{epoch + 1}/8], Step [{i + 1}/{len(train_loader)}], Loss: {loss.item():.4f}")
    model.eval()
    with torch.no_grad():
        correct = sum((model(a).argmax(1) == b).sum().item() for a, b in val_loader)
    print(f"val accuracy {correct / len(val_set):.4f}")

print(f"FINAL accuracy={correct / len(val_set):.4f}")
