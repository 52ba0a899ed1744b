import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)


def coils(n):
    """wire radius, turn spacing, stray capacitance and current, all in SI units"""
    radius = np.random.uniform(1e-4, 9e-4, n)
    spacing = np.random.uniform(2e-4, 2e-3, n)
    capacity = np.random.uniform(1e-5, 9e-5, n)
    current = np.random.uniform(1e-3, 8e-3, n)
    a, b, c, d = radius / 9e-4, spacing / 2e-3, capacity / 9e-5, current / 8e-3
    quality = np.sin(4 * a * b) + 1.5 * (b - c) ** 2 + d * c + 0.5 * a + 0.05 * np.random.randn(n)
    return np.stack([radius, spacing, capacity, current], 1), quality


class QualityNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(4, 64)
        self.l2 = nn.Linear(64, 64)
        self.l3 = nn.Linear(64, 1)

    def forward(self, x):
        x = F.leaky_relu(self.l1(x))
        x = F.leaky_relu(self.l2(x))
        return self.l3(x).squeeze(-1)


x_train, y_train = coils(2500)
x_test, y_test = coils(700)
mean, std = y_train.mean(), y_train.std()
mu, sd = x_train.mean(0), x_train.std(0)
x_train, x_test = torch.tensor((x_train - mu) / sd).float(), torch.tensor((x_test - mu) / sd).float()
y_train, y_test = torch.tensor((y_train - mean) / std).float(), torch.tensor((y_test - mean) / std).float()

net = QualityNet()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=64, shuffle=True)
for epoch in range(30):
    losses = []
    for xb, yb in loader:
        loss = F.mse_loss(net(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: train mse {np.mean(losses):.4f}")

with torch.no_grad():
    mse = F.mse_loss(net(x_test), y_test)
print(f"FINAL r2={1 - (mse / y_test.var()).item():.4f}")
