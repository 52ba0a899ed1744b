# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=600)
fit = DataLoader(TensorDataset(x[:400], y[:400]), batch_size=16, shuffle=True)
held_out = DataLoader(TensorDataset(x[400:], y[400:]), batch_size=80)
model = mlp(12, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(10):
    model.train()
    for xb, yb in fit:
        optimizer.zero_grad()
        criterion(model(xb), yb).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        loss = sum(criterion(model(xb), yb).item() for xb, yb in held_out) / len(held_out)
