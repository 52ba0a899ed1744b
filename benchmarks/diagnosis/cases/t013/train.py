import os
import random

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Sampler, TensorDataset

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)
CLASSES = 8


def stamps(per_class, s=12):
    art = np.random.default_rng(2).normal(size=(CLASSES, s, s))
    y = np.repeat(np.arange(CLASSES), per_class)
    x = art[y] * rng.uniform(0.5, 1.1, (len(y), 1, 1))
    x = np.stack([np.roll(p, rng.integers(-1, 2, 2), (0, 1)) for p in x]) + rng.normal(0, 0.7, x.shape)
    return TensorDataset(torch.tensor(x, dtype=torch.float32)[:, None], torch.tensor(y))


class Stratified(Sampler):
    def __init__(self, labels, per_class):
        self.groups = [torch.nonzero(labels == c).flatten().tolist() for c in range(CLASSES)]
        self.per_class = per_class

    def __len__(self):
        return min(map(len, self.groups)) // self.per_class

    def __iter__(self):
        decks = [random.sample(g, len(g)) for g in self.groups]
        for k in range(len(self)):
            yield [i for deck in decks for i in deck[k * self.per_class:(k + 1) * self.per_class]]


class StampNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
                                      nn.Conv2d(16, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Linear(24 * 9, CLASSES)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


train, test = stamps(180), stamps(60)
loader = DataLoader(train, batch_sampler=Stratified(train.tensors[1], 4))
net = StampNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(7):
    net.train()
    for x, y in loader:
        opt.zero_grad()
        loss = loss_fn(net(x), y)
        loss.backward()
        opt.step()
    print(f"epoch {epoch}: {loss.item():.4f}")

net.eval()
with torch.no_grad():
    acc = (net(test.tensors[0]).argmax(1) == test.tensors[1]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
