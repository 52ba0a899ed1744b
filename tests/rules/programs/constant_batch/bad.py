# SPDX-License-Identifier: Apache-2.0
# expects: constant-batch
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs()
loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True)
model = mlp(12, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
xb, yb = next(iter(loader))
for step in range(150):
    loss = criterion(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
