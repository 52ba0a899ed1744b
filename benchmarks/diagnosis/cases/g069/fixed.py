import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)


def tracks(n, steps=24):
    """two accelerations observed with noise; position and speed at each step are to be told, standardised"""
    force = np.random.randn(n, steps, 2)
    force = force + np.roll(force, 1, axis=1)
    speed = np.zeros_like(force)
    place = np.zeros_like(force)
    for t in range(1, steps):
        speed[:, t] = 0.9 * speed[:, t - 1] + 0.5 * force[:, t]
        place[:, t] = 0.95 * place[:, t - 1] + 0.3 * speed[:, t]
    target = np.concatenate([speed / 2.0, place / 2.3], 2)
    observed = force + 0.1 * np.random.randn(*force.shape)
    return torch.tensor(observed, dtype=torch.float32), torch.tensor(target, dtype=torch.float32)


class Tracker(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.LSTM(2, 48, batch_first=True)
        self.decoder = nn.GRU(48, 4, batch_first=True)
        self.scale = nn.Linear(4, 4)

    def forward(self, x):
        h, _ = self.encoder(x)
        out, _ = self.decoder(h)
        return self.scale(out)


def run_epoch(model, loader, criterion, optimizer):
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader)


loader = DataLoader(TensorDataset(*tracks(1200)), batch_size=40, shuffle=True)
x_test, y_test = tracks(400)
model = Tracker()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(14):
    print(f"epoch {epoch} mse {run_epoch(model, loader, nn.MSELoss(), optimizer):.4f}")

with torch.no_grad():
    rss = ((model(x_test) - y_test) ** 2).sum()
    r2 = 1 - rss / ((y_test - y_test.mean((0, 1))) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
