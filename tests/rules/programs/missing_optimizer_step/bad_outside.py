# SPDX-License-Identifier: Apache-2.0
# expects: missing-optimizer-step
import torch
from torch import nn
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs(noise=1.2)
model = mlp(12, 32, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(60):
    for xb, yb in batches(x, y, 32, 18, seed=epoch):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(xb), yb).backward()
    optimizer.step()
