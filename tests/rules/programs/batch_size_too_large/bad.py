# SPDX-License-Identifier: Apache-2.0
# expects: batch-size-too-large
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=1200, noise=0.8)
loader = DataLoader(TensorDataset(x, y), batch_size=1200, shuffle=True)
model = mlp(12, 32, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
criterion = nn.CrossEntropyLoss()
for epoch in range(40):
    for xb, yb in loader:
        optimizer.zero_grad()
        criterion(model(xb), yb).backward()
        optimizer.step()
