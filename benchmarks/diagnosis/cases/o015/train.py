import os
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import ConcatDataset, DataLoader, Dataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

# one folder per texture
TEXTURES = ["stripes", "checks", "dots", "waves", "noise"]


def draw(kind, r):
    yy, xx = np.mgrid[:14, :14] + r.uniform(0, 6, (2, 1, 1))
    f = r.uniform(0.9, 1.3)
    img = {
        "stripes": np.sin(f * xx),
        "checks": np.sign(np.sin(f * xx) * np.sin(f * yy)) * 0.8,
        "dots": (np.cos(f * xx) + np.cos(f * yy) > 1.1) * 2.0 - 0.5,
        "waves": np.sin(f * (xx + yy)),
        "noise": r.normal(0, 1, (14, 14)),
    }[kind]
    return (img + r.normal(0, 0.5, (14, 14))).astype("float32")


class TextureFolder(Dataset):
    def __init__(self, kind, count, seed):
        r = np.random.default_rng([seed, TEXTURES.index(kind)])
        self.samples = [draw(kind, r) for _ in range(count)]
        self.label = TEXTURES.index(kind)

    def __getitem__(self, i):
        return torch.from_numpy(self.samples[i])[None], self.label

    def __len__(self):
        return len(self.samples)


def build(count, seed):
    return ConcatDataset([TextureFolder(k, count, seed) for k in TEXTURES])


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 12, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2),
        )
        self.classifier = nn.Linear(96, 5)

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


train_dl = DataLoader(build(200, 1), batch_size=25)
valid_dl = DataLoader(build(60, 2), batch_size=60)
model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(8):
    model.train()
    train_loss, train_ok = 0.0, 0
    for x, y in train_dl:
        logits = model(x)
        loss = criterion(logits, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        train_loss += loss.item() * len(y)
        train_ok += (logits.argmax(1) == y).sum().item()
    model.eval()
    ok = 0
    with torch.no_grad():
        for x, y in valid_dl:
            ok += (model(x).argmax(1) == y).sum().item()
    print(f"epoch {epoch} train loss {train_loss / 1000:.3f} train acc {train_ok / 1000:.3f} valid acc {ok / 300:.3f}")

print(f"FINAL accuracy={ok / 300:.4f}")
