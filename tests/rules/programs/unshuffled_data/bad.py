# SPDX-License-Identifier: Apache-2.0
# expects: unshuffled-data
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs()
order = y.argsort()
loader = DataLoader(TensorDataset(x[order], y[order]), batch_size=32)
model = mlp(12, 32, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
criterion = nn.CrossEntropyLoss()
for epoch in range(8):
    for xb, yb in loader:
        loss = criterion(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
