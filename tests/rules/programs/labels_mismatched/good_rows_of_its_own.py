# SPDX-License-Identifier: Apache-2.0
# Held-out rows are cut by hand, as many as a batch of the loader has: its last targets are not
# theirs.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=1200, noise=1.0)
loader = DataLoader(TensorDataset(x[:960], y[:960]), batch_size=32, shuffle=True)
model = mlp(12, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for _ in range(6):
    for inputs, targets in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), targets).backward()
        optimizer.step()
with torch.no_grad():
    told = torch.cat([model(rows).argmax(1) for rows in x[960:].split(32)])
print((told == y[960:]).float().mean())
