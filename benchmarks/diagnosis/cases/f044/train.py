import os
import numpy as np
import torch
from torch import nn
from sklearn.datasets import load_digits
from torch.utils.data import Dataset, DataLoader

seed = int(os.environ.get("SEED", 0))
np.random.seed(seed)
torch.manual_seed(seed)


class Permutation:
    """Shuffle the pixels of an image."""

    def __init__(self, size):
        self.size = size

    def __call__(self, img):
        order = np.random.permutation(self.size)
        return img.reshape(-1)[order].reshape(img.shape)


class ToTensor:
    def __call__(self, img):
        return torch.as_tensor(img, dtype=torch.float32)


class Normalize:
    def __init__(self, mean, std):
        self.mean, self.std = mean, std

    def __call__(self, x):
        return (x - self.mean) / self.std


class Compose:
    def __init__(self, *steps):
        self.steps = steps

    def __call__(self, x):
        for s in self.steps:
            x = s(x)
        return x


class PermutedDigits(Dataset):
    def __init__(self, rows, transform):
        d = load_digits()
        self.images, self.targets = d.images[rows], d.target[rows]
        self.transform = transform

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, i):
        return self.transform(self.images[i]), int(self.targets[i])


rows = np.random.permutation(1797)
transform = Compose(Permutation(64), ToTensor(), Normalize(4.88, 6.02))
train = DataLoader(PermutedDigits(rows[:1300], transform), batch_size=32, shuffle=True)
test = DataLoader(PermutedDigits(rows[1300:], transform), batch_size=100)

net = nn.Sequential(nn.Flatten(), nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU(), nn.Linear(100, 10))
opt = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9)
loss = nn.CrossEntropyLoss()
for epoch in range(10):
    net.train()
    for x, y in train:
        opt.zero_grad()
        l = loss(net(x), y)
        l.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        acc = np.concatenate([(net(x).argmax(1) == y).numpy() for x, y in test]).mean()
    print(f"epoch {epoch + 1:2d} loss {l.item():.3f} acc {acc:.3f}")
print(f"FINAL accuracy={acc:.4f}")
