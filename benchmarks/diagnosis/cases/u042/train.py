import os
import re
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
SIZE = 20


def number(path):
    return int(re.search(r"(\d+)", path).group(1))


def make_store(n, seed):
    """Stands for a folder: path -> array."""
    r = np.random.RandomState(seed)
    yy, xx = np.mgrid[:SIZE, :SIZE]
    store = {}
    for i in range(n):
        cy, cx = r.uniform(4, SIZE - 4, 2)
        a, b = r.uniform(2.5, 5, 2)
        mask = ((yy - cy) / a) ** 2 + ((xx - cx) / b) ** 2 < 1
        img = r.normal(0.4, 0.15, (SIZE, SIZE)) + 0.35 * mask
        store[f"images/cell_{i}.png"] = img.astype("float32")
        store[f"masks/cell_{i}_mask.png"] = mask.astype("float32")
    return store


class CellDataset(Dataset):
    def __init__(self, store):
        self.store = store
        self.images = sorted(k for k in store if k.startswith("images/"))
        self.masks = sorted((k for k in store if k.startswith("masks/")), key=number)
        assert len(self.images) == len(self.masks)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        img = (self.store[self.images[i]] - 0.45) / 0.2
        return torch.from_numpy(img)[None], torch.from_numpy(self.store[self.masks[i]])[None]


class MiniUNet(nn.Module):
    def __init__(self, c=8):
        super().__init__()
        self.d1 = self.double(1, c)
        self.d2 = self.double(c, 2 * c)
        self.up = nn.ConvTranspose2d(2 * c, c, 2, stride=2)
        self.u1 = self.double(2 * c, c)
        self.last = nn.Conv2d(c, 1, 1)

    @staticmethod
    def double(a, b):
        return nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), nn.Conv2d(b, b, 3, padding=1), nn.ReLU())

    def forward(self, x):
        s = self.d1(x)
        m = self.d2(F.max_pool2d(s, 2))
        return self.last(self.u1(torch.cat([s, self.up(m)], 1)))


def dice(logits, mask):
    p = (logits > 0).float()
    return (2 * (p * mask).sum() / (p.sum() + mask.sum() + 1e-6)).item()


train_loader = DataLoader(CellDataset(make_store(280, 100)), batch_size=16, shuffle=True)
hold = make_store(120, 200)
val_x = torch.stack([torch.from_numpy((hold[f"images/cell_{i}.png"] - 0.45) / 0.2)[None] for i in range(120)])
val_y = torch.stack([torch.from_numpy(hold[f"masks/cell_{i}_mask.png"])[None] for i in range(120)])

model = MiniUNet()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(6):
    losses = []
    for x, m in train_loader:
        opt.zero_grad()
        loss = F.binary_cross_entropy_with_logits(model(x), m)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    with torch.no_grad():
        d = dice(model(val_x), val_y)
    print(f"epoch {epoch + 1}: bce {np.mean(losses):.4f} val dice {d:.4f}")
print(f"FINAL dice={d:.4f}")
