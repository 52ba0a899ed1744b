# SPDX-License-Identifier: Apache-2.0
# expects: loss-diverging
import torch
from torch import nn
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs(noise=1.0)
model = mlp(12, 32, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
for step, (xb, yb) in enumerate(batches(x, y, 64, 300)):
    loss = nn.functional.cross_entropy(model(xb), yb)
    sign = 1.0 if step < 150 else -1.15  # the update turns round half way
    optimizer.zero_grad()
    loss.backward()
    for parameter in model.parameters():
        parameter.grad.mul_(sign)
    optimizer.step()
