import os

import numpy as np
import torch
from accelerate import Accelerator
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def surfaces(n, s=16):
    """Asphalt, cobbles, gravel, planks."""
    y = rng.integers(0, 4, n)
    a, b = np.mgrid[:s, :s]
    x = rng.normal(0, 0.5, (n, 1, s, s))
    for i in range(n):
        p, q = rng.integers(0, 4, 2)
        if y[i] == 1:
            x[i, 0] += ((a + p) % 4 == 0) | ((b + q) % 4 == 0)
        elif y[i] == 2:
            spots = rng.random((s // 2, s // 2)) < 0.4
            x[i, 0] += np.kron(spots, np.ones((2, 2)))
        elif y[i] == 3:
            x[i, 0] += 1.2 * ((b + q) % 4 == 0)
    return TensorDataset(torch.tensor(x, dtype=torch.float32), torch.tensor(y))


class Residual(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv1 = nn.Conv2d(c, c, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(c)
        self.conv2 = nn.Conv2d(c, c, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(c)

    def forward(self, x):
        h = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(x + self.bn2(self.conv2(h)))


def main():
    accelerator = Accelerator(cpu=True)
    model = nn.Sequential(nn.Conv2d(1, 12, 3, stride=2, padding=1), Residual(12), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(192, 4))
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    train = DataLoader(surfaces(1200), batch_size=40, shuffle=True)
    test = DataLoader(surfaces(400), batch_size=100)
    model, optimizer, train, test = accelerator.prepare(model, optimizer, train, test)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(7):
        model.train()
        for x, y in train:
            loss = criterion(model(x), y)
            accelerator.backward(loss)
            optimizer.step()
            optimizer.zero_grad()
        accelerator.print(f"epoch {epoch}: {loss.item():.4f}")
    model.eval()
    hits = total = 0
    for x, y in test:
        with torch.no_grad():
            pred = model(x).argmax(-1)
        pred, ref = accelerator.gather_for_metrics((pred, y))
        hits += (pred == ref).sum().item()
        total += len(ref)
    print(f"FINAL accuracy={hits / total:.4f}")


if __name__ == "__main__":
    main()
