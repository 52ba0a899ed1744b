import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)
T = 20


def gestures(n):
    """Accelerations in three axes; circle, line, zigzag, hook, cross, wave."""
    y = rng.integers(0, 6, n)
    t = np.linspace(0, 1, T)
    u = rng.uniform(0.8, 1.3, (n, 1)) * t + rng.uniform(-0.1, 0.1, (n, 1))
    shapes = [
        (np.sin(6.3 * u), np.cos(6.3 * u)), (2 * u - 1, 0 * u), (2 * u - 1, np.sign(np.sin(19 * u))),
        (np.minimum(2 * u, 1), np.maximum(2 * u - 1, 0)), (np.sin(6.3 * u), np.sin(12.6 * u)), (u, np.sin(9 * u)),
    ]
    x = np.zeros((n, T, 3))
    for k, (a, b) in enumerate(shapes):
        x[y == k, :, 0], x[y == k, :, 1] = a[y == k], b[y == k]
    x += rng.normal(0, 0.6, x.shape) + np.array([3.0, -2.0, 9.8])
    # the chip reports thousandths of g
    return torch.tensor(x * 102, dtype=torch.float32), torch.tensor(y)


class GestureNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
        self.gru = nn.GRU(3, 32, batch_first=True)
        self.drop = nn.Dropout(0.4)
        self.fc = nn.Linear(32, 6)

    def forward(self, x):
        x = self.drop(self.norm(x.transpose(1, 2)).transpose(1, 2))
        _, h = self.gru(x)
        return self.fc(self.drop(h[-1]))


def run_epoch(model, loader, optimizer=None):
    model.train(optimizer is not None)
    loss_sum = hits = n = 0
    for x, y in loader:
        with torch.set_grad_enabled(optimizer is not None):
            out = model(x)
            loss = nn.functional.cross_entropy(out, y)
        if optimizer is not None:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        loss_sum += loss.item() * len(y)
        hits += (out.argmax(1) == y).sum().item()
        n += len(y)
    return loss_sum / n, hits / n


train = DataLoader(TensorDataset(*gestures(1500)), batch_size=50, shuffle=True)
test = DataLoader(TensorDataset(*gestures(600)), batch_size=50)
model = GestureNet()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(14):
    tr = run_epoch(model, train, optimizer)
    te = run_epoch(model, test)
    print("epoch %d  train %.3f / %.3f  test %.3f / %.3f" % (epoch, *tr, *te))
print("FINAL accuracy=%.4f" % te[1])
