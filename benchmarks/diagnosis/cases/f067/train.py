import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


def clouds(n, side=12):
    """grey pictures of four kinds of clouds; only contrast and grain tell them apart"""
    kind = np.random.randint(0, 4, n)
    coarse = np.random.rand(n, side // 3, side // 3).repeat(3, 1).repeat(3, 2)
    fine = np.random.rand(n, side, side)
    mix = np.array([0.2, 0.4, 0.6, 0.8])[kind][:, None, None]
    img = 120 + 90 * (mix * coarse + (1 - mix) * fine - 0.5) + np.random.normal(0, 4, (n, side, side))
    return np.clip(img, 0, 255).astype(np.uint8), kind


class CloudSet(Dataset):
    def __init__(self, images, kinds, transform):
        self.images, self.kinds, self.transform = images, kinds, transform

    def __len__(self):
        return len(self.kinds)

    def __getitem__(self, i):
        return self.transform(self.images[i]), int(self.kinds[i])


images, kinds = clouds(2400)
mean, std = images[:1800].mean() / 255, images[:1800].std() / 255


def to_tensor(img):
    return torch.from_numpy(img).float().div(255)[None]


def train_transform(img):
    img = img[:, ::-1].copy() if np.random.rand() < 0.5 else img
    return (to_tensor(img) - mean) / std


def test_transform(img):
    return to_tensor(img)


train_dl = DataLoader(CloudSet(images[:1800], kinds[:1800], train_transform), batch_size=36, shuffle=True)
test_dl = DataLoader(CloudSet(images[1800:], kinds[1800:], test_transform), batch_size=100)

cnn = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 24, 3), nn.ReLU(), nn.Flatten(), nn.Linear(96, 4))
opt = torch.optim.Adam(cnn.parameters(), lr=2e-3)
for epoch in range(8):
    cnn.train()
    right = 0
    for x, y in train_dl:
        out = cnn(x)
        loss = nn.functional.cross_entropy(out, y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        right += (out.argmax(1) == y).sum().item()
    cnn.eval()
    with torch.no_grad():
        acc = sum((cnn(x).argmax(1) == y).sum().item() for x, y in test_dl) / 600
    print(f"epoch {epoch + 1}: train acc {right / 1800:.3f} test acc {acc:.3f}")
print(f"FINAL accuracy={acc:.4f}")
