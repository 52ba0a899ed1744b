# SPDX-License-Identifier: Apache-2.0
# expects: missing-zero-grad
import torch
from torch import nn
from toy import batches, curve, mlp

torch.manual_seed(0)
x, y = curve()
model = mlp(8, 32, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
criterion = nn.MSELoss()
for xb, yb in batches(x, y, 32, 150):
    loss = criterion(model(xb), yb)
    loss.backward()
    optimizer.step()
