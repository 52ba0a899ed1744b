# SPDX-License-Identifier: Apache-2.0
# expects: loss-oscillating
import torch
from torch import nn
from toy import batches, curve, mlp

torch.manual_seed(0)
x, y = curve()
y = y[torch.randperm(len(y))]
model = mlp(8, 32, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.002)
criterion = nn.MSELoss()
for step, (xb, yb) in enumerate(batches(x, y, 64, 60)):
    optimizer.zero_grad()
    criterion(model(xb), yb * (3.0 if step % 2 else 0.1)).backward()
    optimizer.step()
