# SPDX-License-Identifier: Apache-2.0
# expects: missing-optimizer-step
import torch
from torch import nn
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs()
model = mlp(12, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for xb, yb in batches(x, y, 32, 120):
    optimizer.zero_grad()
    loss = criterion(model(xb), yb)
    loss.backward()
