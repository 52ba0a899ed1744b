# SPDX-License-Identifier: Apache-2.0
# Categories, of which most rows have the first, and that tell some of the class.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=1200)
kind = torch.where(torch.rand(len(x)) < 0.6, 0, torch.randint(1, 30, (len(x),)))
x = nn.functional.one_hot(kind, 30).float()
y = torch.where(torch.rand(len(x)) < 0.8 * (kind > 0), kind % 4, y)
loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
model = mlp(30, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(15):
    for xb, yb in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(xb), yb).backward()
        optimizer.step()
