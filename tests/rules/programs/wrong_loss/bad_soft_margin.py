# SPDX-License-Identifier: Apache-2.0
# expects: wrong-loss 2
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs()
net = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
criterion = nn.SoftMarginLoss()
for epoch in range(10):
    for xb, yb in batches(x, y, 64, 10):
        loss = criterion(net(xb).squeeze(1), (yb < 2).float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
