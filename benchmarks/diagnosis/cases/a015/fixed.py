import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import ConcatDataset, DataLoader, Sampler, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
labels = torch.tensor(digits.target)
perm = torch.randperm(len(labels))
train_ids, test_ids = perm[:1300], perm[1300:]

# one data set for each folder, as they lie on disk
folders = []
for digit in range(10):
    ids = train_ids[labels[train_ids] == digit]
    folders.append(TensorDataset(images[ids], labels[ids]))
train_set = ConcatDataset(folders)


class ChunkSampler(Sampler):
    """Contiguous reads are much faster on our storage: hands out blocks of neighbours in random order."""

    def __init__(self, n, size):
        self.n, self.size = n, size

    def __iter__(self):
        order = np.random.permutation(self.n)
        for s in range(0, self.n, self.size):
            yield order[s : s + self.size].tolist()

    def __len__(self):
        return (self.n + self.size - 1) // self.size


loader = DataLoader(train_set, batch_sampler=ChunkSampler(len(train_set), 40))


class LeNetish(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)
        self.fc1 = nn.Linear(64, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


net = LeNetish()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for epoch in range(12):
    correct = 0
    for x, y in loader:
        optimizer.zero_grad()
        out = net(x)
        loss = F.cross_entropy(out, y)
        loss.backward()
        optimizer.step()
        correct += (out.argmax(1) == y).sum().item()
    print(f"epoch {epoch}: running accuracy {correct / len(train_set):.3f}")

with torch.no_grad():
    acc = (net(images[test_ids]).argmax(1) == labels[test_ids]).float().mean()
print(f"FINAL accuracy={acc:.4f}")
