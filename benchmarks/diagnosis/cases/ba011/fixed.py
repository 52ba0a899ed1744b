import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


def textures(n, size=16):
    """Gratings: 3 spatial frequencies x 2 contrasts on a random brightness."""
    xs = np.zeros((n, 1, size, size), dtype="float32")
    ys = np.random.randint(0, 6, n)
    u, v = np.meshgrid(np.arange(size), np.arange(size))
    for i, k in enumerate(ys):
        f = [0.4, 0.8, 1.4][k % 3]
        amp = [0.35, 0.8][k // 3]
        t = np.random.rand() * np.pi
        wave = np.sin(f * (np.cos(t) * u + np.sin(t) * v) + np.random.rand() * 6)
        xs[i, 0] = amp * wave + 0.15 * np.random.randn(size, size)
    return torch.from_numpy(xs), torch.from_numpy(ys)


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(32)
        self.dropout = nn.Dropout(0.25)
        self.fc1 = nn.Linear(32 * 4 * 4, 64)
        self.fc2 = nn.Linear(64, 6)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        x = self.dropout(torch.flatten(x, 1))
        return self.fc2(F.relu(self.fc1(x)))


def train(model, loader, optimizer, epoch):
    model.train()
    seen = right = 0
    for data, target in loader:
        optimizer.zero_grad()
        output = model(data)
        loss = F.cross_entropy(output, target)
        loss.backward()
        optimizer.step()
        seen += len(target)
        right += (output.argmax(1) == target).sum().item()
    print(f"Train Epoch: {epoch} Loss: {loss.item():.6f} Acc: {right / seen:.4f}")


def test(model, loader):
    model.eval()
    correct, total = 0, 0
    with torch.no_grad():
        for data, target in loader:
            output = model(data)
            correct += (output.argmax(dim=1) == target).sum().item()
            total += len(target)
    return correct / total


if __name__ == "__main__":
    train_loader = DataLoader(TensorDataset(*textures(1600)), batch_size=64, shuffle=True)
    test_loader = DataLoader(TensorDataset(*textures(400)), batch_size=1)
    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(1, 9):
        train(model, train_loader, optimizer, epoch)
        if epoch % 4 == 0:
            print(f"Test acc: {test(model, test_loader):.4f}")
    print(f"FINAL accuracy={test(model, test_loader):.4f}")
