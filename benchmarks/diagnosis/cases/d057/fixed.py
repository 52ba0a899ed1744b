import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class FolderLike(Dataset):
    """One folder per class, read folder after folder."""

    def __init__(self, images, labels):
        self.items = [(images[i], int(c)) for c in range(10) for i in np.flatnonzero(labels == c)]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        img, label = self.items[i]
        return torch.tensor(img, dtype=torch.float32)[None] / 8 - 1, label


d = load_digits()
rows = np.random.RandomState(SEED).permutation(len(d.target))
train = FolderLike(d.images[rows[:1400]], d.target[rows[:1400]])
test = FolderLike(d.images[rows[1400:]], d.target[rows[1400:]])
train_loader = DataLoader(train, batch_size=14, shuffle=True)
test_loader = DataLoader(test, batch_size=100)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(256, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv(x))).flatten(1)
        return self.fc2(torch.relu(self.fc1(x)))


net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
criterion = nn.CrossEntropyLoss()
for epoch in range(8):
    net.train()
    for i, (x, y) in enumerate(train_loader):
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        if i % 33 == 0:
            print(f"epoch {epoch} batch {i} loss {loss.item():.4f}")

net.eval()
hits = 0
with torch.no_grad():
    for x, y in test_loader:
        hits += (net(x).argmax(1) == y).sum().item()
print(f"FINAL accuracy={hits / len(test):.4f}")
