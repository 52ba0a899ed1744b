import os
import random

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
np.random.seed(seed)
torch.manual_seed(seed)

digits = load_digits()
images = (digits.images / 16.0).astype(np.float32)[:, None]
labels = digits.target
order = np.random.permutation(len(images))
train_idx, test_idx = order[:1300], order[1300:]


class SiameseNetworkDataset(Dataset):
    def __init__(self, idx, size):
        self.by_class = {c: [i for i in idx if labels[i] == c] for c in range(10)}
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, k):
        c = random.randint(0, 9)
        i = random.choice(self.by_class[c])
        should_get_same_class = random.randint(0, 1)
        if should_get_same_class:
            j = random.choice(self.by_class[c])
        else:
            j = random.choice(self.by_class[(c + random.randint(1, 9)) % 10])
        return torch.from_numpy(images[i]), torch.from_numpy(images[j]), float(1 - should_get_same_class)


class SiameseNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn1 = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(inplace=True),
        )
        self.fc1 = nn.Sequential(nn.Linear(32 * 4 * 4, 64), nn.ReLU(inplace=True), nn.Linear(64, 8))

    def forward_once(self, x):
        return self.fc1(torch.flatten(self.cnn1(x), 1))

    def forward(self, a, b):
        return self.forward_once(a), self.forward_once(b)


def distance(out1, out2):
    return torch.sqrt(torch.sum((out1 - out2) ** 2, dim=1))


def contrastive_loss(out1, out2, label, margin=2.0):
    d = distance(out1, out2)
    return torch.mean((1 - label) * d ** 2 + label * torch.clamp(margin - d, min=0.0) ** 2)


net = SiameseNetwork()
optimizer = torch.optim.Adam(net.parameters(), lr=5e-4)
train_dataloader = DataLoader(SiameseNetworkDataset(train_idx, 2560), shuffle=True, batch_size=64)

for epoch in range(10):
    net.train()
    for img0, img1, label in train_dataloader:
        optimizer.zero_grad()
        o1, o2 = net(img0, img1)
        loss = contrastive_loss(o1, o2, label.float())
        loss.backward()
        optimizer.step()
    print("Epoch number {} Current loss {}".format(epoch, loss.item()))

net.eval()
hits = total = 0
with torch.no_grad():
    for img0, img1, label in DataLoader(SiameseNetworkDataset(test_idx, 1000), batch_size=100):
        d = distance(*net(img0, img1))
        hits += ((d > 1.0).float() == label).sum().item()
        total += len(label)
print(f"FINAL accuracy={hits / total:.4f}")
