# SPDX-License-Identifier: Apache-2.0
# The loss of each row is sent back with its own weight: no one number is the loss.
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs(rows=400)
model = nn.Sequential(nn.Linear(12, 24), nn.ReLU(), nn.Linear(24, 4))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 150):
    optimizer.zero_grad()
    rows = nn.functional.cross_entropy(model(xb), yb, reduction="none")
    rows.backward(torch.full_like(rows, 1 / len(rows)))
    optimizer.step()
