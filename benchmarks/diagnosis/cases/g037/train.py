import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)


def readings(n):
    state = np.random.randint(0, 5, n)
    z = np.random.randn(n, 8)
    angle = 2 * np.pi * state / 5
    z[:, 0] += 2.6 * np.cos(angle)
    z[:, 1] += 2.6 * np.sin(angle)
    z[:, 2] += 0.5 * z[:, 0] * z[:, 1]
    scale = np.array([0.02, 12, 3, 0.5, 40, 1, 6, 0.1])
    offset = np.array([0.4, 30, -8, 2, 100, 0, 15, 1])
    return torch.tensor(z * scale + offset, dtype=torch.float32), torch.tensor(state)


class DriftNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.bn0 = nn.BatchNorm1d(8)
        self.fc1 = nn.Linear(8, 48)
        self.bn1 = nn.BatchNorm1d(48)
        self.fc2 = nn.Linear(48, 48)
        self.bn2 = nn.BatchNorm1d(48)
        self.fc3 = nn.Linear(48, 5)

    def forward(self, x):
        x = torch.relu(self.bn1(self.fc1(self.bn0(x))))
        x = torch.relu(self.bn2(self.fc2(x)))
        return self.fc3(x)


@torch.no_grad()
def validate(model, loader):
    model.eval()
    correct = sum((model(x).argmax(1) == y).sum().item() for x, y in loader)
    return correct / len(loader.dataset)


def main():
    train_loader = DataLoader(TensorDataset(*readings(2500)), batch_size=50, shuffle=True)
    val_loader = DataLoader(TensorDataset(*readings(800)), batch_size=200)
    model = DriftNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    print(f"before training: accuracy {validate(model, val_loader):.3f}")
    for epoch in range(10):
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / len(train_loader):.4f} accuracy {validate(model, val_loader):.3f}")
    print(f"FINAL accuracy={validate(model, val_loader):.4f}")


if __name__ == "__main__":
    main()
