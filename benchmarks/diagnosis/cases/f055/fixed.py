import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)


def make_table(n):
    x = np.random.randn(n, 30).astype("float32")
    y = x[:, :5].sum(1) + 2 * x[:, 5] * x[:, 6]
    y = (y / 3.0 + 0.4 * np.random.randn(n)).astype("float32")
    units = np.geomspace(0.01, 500, 30).astype("float32")     # volts, kilograms, hours, ...
    return TensorDataset(torch.from_numpy(x * units + 3 * units), torch.from_numpy(y).unsqueeze(1))


class DropNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm1d(30), nn.Linear(30, 128), nn.ReLU(),
            nn.Linear(128, 128), nn.ReLU(),
            nn.Dropout(0.1), nn.Linear(128, 1))

    def forward(self, x):
        return self.body(x)


def validate(model, loader, criterion):
    model.eval()
    total, var = 0.0, []
    with torch.no_grad():
        for x, y in loader:
            total += criterion(model(x), y).item() * len(x)
            var.append(y)
    return 1 - total / len(loader.dataset) / torch.cat(var).var().item()


train_loader = DataLoader(make_table(1200), batch_size=40, shuffle=True)
val_loader = DataLoader(make_table(1500), batch_size=250)
model = DropNet()
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
print(f"before training: val r2 {validate(model, val_loader, criterion):.4f}")

for epoch in range(12):
    losses = []
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    r2 = validate(model, val_loader, criterion)
    if epoch % 5 == 0:
        print(f"epoch {epoch}: train mse {np.mean(losses):.4f}, val r2 {r2:.4f}")

print(f"FINAL r2={r2:.4f}")
