# SPDX-License-Identifier: Apache-2.0
# expects: wrong-loss 2
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs()
net = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 8))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
criterion = nn.CosineEmbeddingLoss(margin=0.2)
for epoch in range(8):
    for xb, yb in batches(x, y, 64, 10):
        order = torch.randperm(len(xb))
        alike = (yb == yb[order]).float()
        loss = criterion(net(xb), net(xb[order]), alike)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
