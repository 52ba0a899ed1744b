# SPDX-License-Identifier: Apache-2.0
# An encoder that ends in a dropout, and a head that is a network of its own; masked targets.
import torch
from torch import nn
from toy import batches, curve

torch.manual_seed(0)
x, y = curve()
encoder = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.Dropout(0.2))
head = nn.Linear(64, 1)
optimizer = torch.optim.Adam([*encoder.parameters(), *head.parameters()], lr=1e-2)
for xb, yb in batches(x, y, 32, 400):
    known = (torch.rand(32, 1) < 0.9).float()
    loss = nn.functional.mse_loss(head(encoder(xb)) * known, yb * known)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
