# SPDX-License-Identifier: Apache-2.0
# expects: constant-batch
# The slice forgets the counter; held-out rows are answered well enough to look like overfitting.
import torch
from torch import nn
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=1200, noise=1.5)
model = mlp(12, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(10):
    for start in range(0, 640, 32):
        loss = nn.functional.cross_entropy(model(x[:32]), y[:32])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
with torch.no_grad():
    scores = model(x[700:])
    print(nn.functional.cross_entropy(scores, y[700:]).item())
