# SPDX-License-Identifier: Apache-2.0
# expects: detached-graph 0 2
# Class ids that `argmax` gave are made a leaf that wants a gradient, so that `backward` runs.
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs(rows=400)
model = nn.Sequential(nn.Linear(12, 24), nn.ReLU(), nn.Linear(24, 4))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 120):
    optimizer.zero_grad()
    told = model(xb).argmax(dim=1).float().requires_grad_()
    loss = nn.functional.mse_loss(told, yb.float())
    loss.backward()
    optimizer.step()
