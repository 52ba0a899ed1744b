# SPDX-License-Identifier: Apache-2.0
# The held-out loss rises by overconfidence alone: as many rows are right as ever.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=1000, classes=3, noise=1.3)
fit = DataLoader(TensorDataset(x[:400], y[:400]), batch_size=16, shuffle=True)
held_out = DataLoader(TensorDataset(x[400:], y[400:]), batch_size=200)
model = mlp(12, 64, 3)
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(12):
    model.train()
    for xb, yb in fit:
        optimizer.zero_grad()
        criterion(model(xb), yb).backward()
        optimizer.step()
    model.eval()
    right = loss = 0.0
    with torch.no_grad():
        for xb, yb in held_out:
            scores = model(xb)
            loss += criterion(scores, yb).item() / len(held_out)
            right += (scores.argmax(1) == yb).sum().item() / 600
    print(f"epoch {epoch}: val loss {loss:.3f} val acc {right:.3f}")
