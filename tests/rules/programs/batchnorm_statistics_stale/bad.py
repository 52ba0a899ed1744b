# SPDX-License-Identifier: Apache-2.0
# expects: batchnorm-statistics-stale 1 4
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import blobs

MOMENTUM = 0.002
torch.manual_seed(0)
x, y = blobs(rows=900)
x = 3 + 2 * x
fit = DataLoader(TensorDataset(x[:600], y[:600]), batch_size=32, shuffle=True)
held_out = DataLoader(TensorDataset(x[600:], y[600:]), batch_size=100)
model = nn.Sequential(
    nn.Linear(12, 32),
    nn.BatchNorm1d(32, momentum=MOMENTUM),
    nn.ReLU(),
    nn.Linear(32, 32),
    nn.BatchNorm1d(32, momentum=MOMENTUM),
    nn.ReLU(),
    nn.Linear(32, 4),
)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(8):
    model.train()
    for xb, yb in fit:
        optimizer.zero_grad()
        criterion(model(xb), yb).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in held_out)
    print(f"epoch {epoch}: held-out accuracy {right / 300:.3f}")
