# SPDX-License-Identifier: Apache-2.0
# expects: uninformative-inputs
# Where a file could not be read, zeros stand for its picture: most of them.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=1200)
x[torch.rand(len(x)) < 0.8] = 0.0
loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
model = mlp(12, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(6):
    for xb, yb in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(xb), yb).backward()
        optimizer.step()
