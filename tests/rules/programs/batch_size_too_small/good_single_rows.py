# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=400)
loader = DataLoader(TensorDataset(x, y), batch_size=1, shuffle=True)
model = mlp(12, 32, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
criterion = nn.CrossEntropyLoss()
for epoch in range(2):
    for xb, yb in loader:
        optimizer.zero_grad()
        criterion(model(xb), yb).backward()
        optimizer.step()
