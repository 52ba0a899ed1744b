import os
import shutil
import tempfile

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset, DataLoader

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


def slide(r, kind):
    """16 x 16 field: 0 = cocci, 1 = rods, 2 = chains."""
    img = r.normal(0, 0.12, (16, 16))
    y, x = r.integers(3, 13, 2)
    if kind == 0:
        img[y - 1:y + 2, x - 1:x + 2] += 0.8
    elif kind == 1:
        if r.random() < 0.5:
            img[y, x - 3:x + 3] += 0.8
        else:
            img[y - 3:y + 3, x] += 0.8
    else:
        for k in range(-3, 3):
            img[y + k, x + k] += 0.8
    return img.astype(np.float32)


def write_folder(folder, n, r, pattern):
    os.makedirs(folder)
    kinds = r.integers(0, 3, n)
    for i, kind in enumerate(kinds):
        np.save(os.path.join(folder, pattern % i), slide(r, kind))
    np.savetxt(os.path.join(folder, "labels.txt"), kinds, fmt="%d")


class SlideFolder(Dataset):
    def __init__(self, folder):
        names = [f for f in os.listdir(folder) if f.endswith(".npy")]
        self.files = sorted(names, key=lambda f: int(f[4:-4]))
        self.images = np.stack([np.load(os.path.join(folder, f)) for f in self.files])
        self.labels = np.loadtxt(os.path.join(folder, "labels.txt"), dtype=int)

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        return torch.from_numpy(self.images[i])[None], int(self.labels[i])


root = tempfile.mkdtemp()
r = np.random.default_rng(SEED)
write_folder(os.path.join(root, "train"), 1500, r, "img_%d.npy")
write_folder(os.path.join(root, "test"), 500, r, "img_%05d.npy")
train, test = SlideFolder(os.path.join(root, "train")), SlideFolder(os.path.join(root, "test"))
shutil.rmtree(root)

model = nn.Sequential(
    nn.Conv2d(1, 12, 3, padding=1), nn.LeakyReLU(0.1), nn.MaxPool2d(2),
    nn.Conv2d(12, 24, 3, padding=1), nn.LeakyReLU(0.1), nn.AdaptiveMaxPool2d(2),
    nn.Flatten(), nn.Linear(96, 3),
)
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
lossfn = nn.CrossEntropyLoss()


def accuracy(data):
    model.eval()
    hits = 0
    with torch.no_grad():
        for xb, yb in DataLoader(data, batch_size=250):
            hits += (model(xb).argmax(1) == yb).sum().item()
    return hits / len(data)


for epoch in range(10):
    model.train()
    for xb, yb in DataLoader(train, batch_size=32, shuffle=True):
        opt.zero_grad()
        loss = lossfn(model(xb), yb)
        loss.backward()
        opt.step()
    print(epoch, "train", round(accuracy(train), 3))

print(f"FINAL accuracy={accuracy(test):.4f}")
