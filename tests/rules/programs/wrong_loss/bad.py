# SPDX-License-Identifier: Apache-2.0
# expects: wrong-loss 4
import torch
from torch import nn
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs(classes=9, noise=1.0)
model = mlp(12, 8, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.MSELoss()
for xb, yb in batches(x, y, 32, 200):
    loss = criterion(model(xb).squeeze(1), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
