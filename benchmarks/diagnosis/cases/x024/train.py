import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_blobs
from torch.utils.data import TensorDataset, DataLoader, ConcatDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

# one recording session per gesture, eight gestures
GESTURES = 8
basis = np.random.RandomState(11)
curves = basis.randn(GESTURES, 3, 30).cumsum(2) / 4


def session(gesture, n):
    wave = curves[gesture][None] * np.random.uniform(0.6, 1.4, (n, 1, 1))
    wave = wave + np.random.randn(n, 3, 30) * 0.7
    return TensorDataset(torch.tensor(wave, dtype=torch.float32), torch.full((n,), gesture))


train_data = ConcatDataset([session(k, 250) for k in range(GESTURES)])
test_data = ConcatDataset([session(k, 60) for k in range(GESTURES)])
train_loader = DataLoader(train_data, batch_size=25)
test_loader = DataLoader(test_data, batch_size=60)


class GestureNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(3, 16, 5, padding=2)
        self.conv2 = nn.Conv1d(16, 16, 5, padding=2)
        self.fc = nn.Linear(16 * 7, GESTURES)

    def forward(self, x):
        x = F.max_pool1d(F.relu(self.conv1(x)), 2)
        x = F.max_pool1d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


net = GestureNet()
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(12):
    net.train()
    losses = []
    for x, y in train_loader:
        loss = F.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    net.eval()
    with torch.no_grad():
        hits = [(net(x).argmax(1) == y).float().mean().item() for x, y in test_loader]
    print("epoch", epoch, "loss %.4f" % np.mean(losses), "test acc %.3f" % np.mean(hits))
print("FINAL accuracy=%.4f" % np.mean(hits))
