import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
np.random.seed(int(os.environ.get("SEED", 0)))

# accelerometer windows: walking, running, stairs, cycling, sitting
KINDS = 5


def windows(n, length=40):
    kind = np.random.randint(0, KINDS, n)
    t = np.arange(length) / 20
    x = np.zeros((n, 3, length), dtype=np.float32)
    freq = np.array([1.9, 2.7, 1.6, 1.2, 0.0])[kind] * np.random.normal(1, 0.05, n)
    amp = np.array([0.6, 1.2, 0.6, 0.5, 0.0])[kind] * np.random.uniform(0.8, 1.2, n)
    phase = np.random.uniform(0, 6.28, n)
    for axis, mult in enumerate([1, 2, 0.5]):
        x[:, axis] = amp[:, None] * np.sin(2 * np.pi * mult * freq[:, None] * t + phase[:, None] + axis)
    x[kind == 2, 2] += 0.5
    return torch.from_numpy(x + np.random.normal(0, 0.35, x.shape).astype(np.float32)), torch.from_numpy(kind)


class ActivityCNN(nn.Module):
    def __init__(self, p=0.5):
        super(ActivityCNN, self).__init__()
        self.p = p
        self.conv1 = nn.Conv1d(3, 24, 5, padding=2)
        self.conv2 = nn.Conv1d(24, 32, 5, padding=2)
        self.fc1 = nn.Linear(32 * 10, 64)
        self.fc2 = nn.Linear(64, KINDS)

    def forward(self, x):
        x = F.max_pool1d(F.relu(self.conv1(x)), 2)
        x = F.max_pool1d(F.relu(self.conv2(x)), 2)
        x = F.dropout(x.flatten(1), self.p, training=self.training)
        x = F.relu(self.fc1(x))
        x = F.dropout(x, self.p, training=self.training)
        return self.fc2(x)


train_loader = DataLoader(TensorDataset(*windows(2000)), batch_size=40, shuffle=True)
test_loader = DataLoader(TensorDataset(*windows(1000)), batch_size=200)
model = ActivityCNN()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)


def train(epoch):
    model.train()
    for batch_idx, (data, target) in enumerate(train_loader):
        optimizer.zero_grad()
        loss = F.nll_loss(F.log_softmax(model(data), dim=1), target)
        loss.backward()
        optimizer.step()
    print("Train Epoch: {} Loss: {:.6f}".format(epoch, loss.item()))


def test():
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in test_loader:
            correct += model(data).argmax(1).eq(target).sum().item()
    return correct / len(test_loader.dataset)


for epoch in range(1, 9):
    train(epoch)
print(f"FINAL accuracy={test():.4f}")
