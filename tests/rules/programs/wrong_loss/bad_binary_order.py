# SPDX-License-Identifier: Apache-2.0
# expects: wrong-loss 2
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs(classes=2)
y = y.float().unsqueeze(1)
net = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for xb, yb in batches(x, y, 32, 300):
    loss = nn.functional.binary_cross_entropy_with_logits(yb, net(xb))  # Keras's order
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
