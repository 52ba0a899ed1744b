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
for epoch in range(5):
    for xb, yb in batches(x[:500], y[:500], 32, 40):
        loss = criterion(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
accuracy = (model(x[500:]).argmax(1) == y[500:]).float().mean()
print(accuracy.item())
