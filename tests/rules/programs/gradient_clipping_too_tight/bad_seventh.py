# SPDX-License-Identifier: Apache-2.0
# expects: gradient-clipping-too-tight
# A tenth of the gradient is left, of steps that are small as they are.
import torch
from torch import nn
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs()
model = mlp(12, 32, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
criterion = nn.CrossEntropyLoss()
for xb, yb in batches(x, y, 32, 200):
    optimizer.zero_grad()
    loss = criterion(model(xb), yb)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 0.03)
    optimizer.step()
