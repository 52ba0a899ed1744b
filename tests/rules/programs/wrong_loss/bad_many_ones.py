# SPDX-License-Identifier: Apache-2.0
# expects: wrong-loss 2
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, _ = blobs()
tags = (x @ torch.randn(12, 6) > 0).float()
net = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 6))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(10):
    for xb, tb in batches(x[:500], tags[:500], 64, 10):
        loss = criterion(net(xb), tb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        said = (net(x[500:]).sigmoid() > 0.5).float()
    right = (said * tags[500:]).sum()
    print(f"epoch {epoch} f1={2 * right / (said.sum() + tags[500:].sum()):.3f}")
