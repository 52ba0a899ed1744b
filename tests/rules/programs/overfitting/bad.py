# SPDX-License-Identifier: Apache-2.0
# expects: overfitting
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=400, noise=3.0)
fit = DataLoader(TensorDataset(x[:80], y[:80]), batch_size=16, shuffle=True)
held_out = DataLoader(TensorDataset(x[80:], y[80:]), batch_size=80)
model = mlp(12, 128, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(60):
    model.train()
    for xb, yb in fit:
        optimizer.zero_grad()
        criterion(model(xb), yb).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        loss = sum(criterion(model(xb), yb).item() for xb, yb in held_out) / len(held_out)
