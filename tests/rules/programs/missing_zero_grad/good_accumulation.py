# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs()
model = mlp(12, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for number, (xb, yb) in enumerate(batches(x, y, 16, 600), start=1):
    loss = criterion(model(xb), yb) / 4
    loss.backward()
    if number % 4 == 0:
        optimizer.step()
        optimizer.zero_grad()
