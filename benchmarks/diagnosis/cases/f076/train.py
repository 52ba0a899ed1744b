import os
import random

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score
from torch.utils.data import DataLoader, Dataset

seed = int(os.environ.get("SEED", "0"))
random.seed(seed)
np.random.seed(seed)
torch.manual_seed(seed)


class DigitPairs(Dataset):
    """Pairs of digits; half of them show the same class."""

    def __init__(self, images, labels, length):
        self.images = images
        self.labels = labels
        self.length = length
        self.by_class = [np.where(labels == c)[0] for c in range(10)]

    def __len__(self):
        return self.length

    def __getitem__(self, _):
        first = random.randrange(len(self.images))
        same = random.random() < 0.5
        if same:
            second = random.choice(self.by_class[self.labels[first]])
        else:
            other = random.choice([c for c in range(10) if c != self.labels[first]])
            second = random.choice(self.by_class[other])
        target = 1.0 if same else 0.0
        return self.images[first], self.images[second], torch.tensor(target)


class Embedder(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        )
        self.project = nn.Linear(32 * 4, 16)

    def forward(self, x):
        return self.project(self.features(x).flatten(1))


digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16 - 0.3
order = np.random.permutation(len(images))
train_rows, test_rows = order[:1300], order[1300:]
train_set = DigitPairs(images[train_rows], digits.target[train_rows], 3200)
test_set = DigitPairs(images[test_rows], digits.target[test_rows], 1500)

net = Embedder()
loss_fn = nn.CosineEmbeddingLoss(margin=0.2)
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(8):
    losses = []
    for a, b, target in DataLoader(train_set, batch_size=64):
        loss = loss_fn(net(a), net(b), target)
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    print("epoch %d loss %.4f" % (epoch, np.mean(losses)))

net.eval()
scores, truth = [], []
with torch.no_grad():
    for a, b, target in DataLoader(test_set, batch_size=500):
        scores += torch.cosine_similarity(net(a), net(b)).tolist()
        truth += (target > 0.5).tolist()
print("FINAL auc=%.4f" % roc_auc_score(truth, scores))
