# SPDX-License-Identifier: Apache-2.0
# expects: eval-mode-training 2
# The mode is set once, for a look at the first loss; raw units are left to the batch norm.
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs(rows=1000)
x = 30.0 * x + 90.0
model = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.BatchNorm1d(32), nn.Linear(32, 4))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
model.eval()
with torch.no_grad():
    print("first loss", nn.functional.cross_entropy(model(x[800:]), y[800:]).item())
for xb, yb in batches(x[:800], y[:800], 32, 200):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
