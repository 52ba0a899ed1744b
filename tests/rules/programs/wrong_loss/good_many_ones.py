# SPDX-License-Identifier: Apache-2.0
# A recommender: several items a row, which are ranked.
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, _ = blobs()
liked = (x @ torch.randn(12, 20) > 3).float()
net = nn.Sequential(nn.Linear(20, 32), nn.Tanh(), nn.Linear(32, 20))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(10):
    for lb, _ in batches(liked, liked, 64, 10):
        loss = nn.functional.cross_entropy(net(lb), lb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
