# SPDX-License-Identifier: Apache-2.0
# expects: train-mode-eval 1
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs()
model = nn.Sequential(nn.Linear(12, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 4))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for step, (xb, yb) in enumerate(batches(x[:500], y[:500], 32, 200)):
    loss = criterion(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 49:
        with torch.no_grad():
            print((model(x[500:]).argmax(1) == y[500:]).float().mean())
