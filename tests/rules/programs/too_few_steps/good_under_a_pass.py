# SPDX-License-Identifier: Apache-2.0
# A batch of each new iterator, fewer than one pass has, and all that there is to learn is learned.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=6000)
loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
model = mlp(12, 64, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for _ in range(120):
    xb, yb = next(iter(loader))
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
