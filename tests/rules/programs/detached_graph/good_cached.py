# SPDX-License-Identifier: Apache-2.0
# The gradient of the embeddings is taken at a leaf, and then sent on through the network.
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs(rows=400)
encoder = nn.Sequential(nn.Linear(12, 24), nn.ReLU(), nn.Linear(24, 4))
optimizer = torch.optim.Adam(encoder.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 100):
    optimizer.zero_grad()
    given = encoder(xb)
    cached = given.detach().requires_grad_()
    nn.functional.cross_entropy(cached, yb).backward()
    given.backward(gradient=cached.grad)
    optimizer.step()
