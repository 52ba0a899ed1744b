# SPDX-License-Identifier: Apache-2.0
# Two networks that take turns, each with a rate of its own.
import torch
from torch import nn
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs()
pairs = []
for width, rate in ((32, 0.1), (16, 0.002)):
    net = mlp(12, width, 4)
    pairs.append((net, torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9)))
for xb, yb in batches(x, y, 32, 150):
    for net, optimizer in pairs:
        loss = nn.functional.cross_entropy(net(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
