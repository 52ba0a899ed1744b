# SPDX-License-Identifier: Apache-2.0
# expects: updates-lost-to-rounding 0 2
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs()
net = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 4))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 150):
    loss = nn.functional.cross_entropy(net(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
net.to(torch.bfloat16)
optimizer = torch.optim.Adam(net.parameters(), lr=2e-5)
for xb, yb in batches(x.bfloat16(), (y + 1) % 4, 32, 250):
    loss = nn.functional.cross_entropy(net(xb).float(), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
