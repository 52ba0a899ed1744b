# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import batches, blobs, mlp

PASSES = 32
torch.manual_seed(0)
x, y = blobs(noise=1.5)
model = mlp(12, 64, 4, depth=3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
for position, (xb, yb) in enumerate(batches(x, y, 16, 60 * PASSES), 1):
    loss = nn.functional.cross_entropy(model(xb), yb) / PASSES
    loss.backward()
    if position % PASSES == 0:
        optimizer.step()
        optimizer.zero_grad()
