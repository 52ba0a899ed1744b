# SPDX-License-Identifier: Apache-2.0
# What is lost of each row is summed, and the mean taken over the rows: 64 times a number's mean.
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
x = torch.sigmoid(torch.randn(600, 4) @ torch.randn(4, 64))
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 64))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, _ in batches(x, x, 32, 150):
    each = nn.functional.binary_cross_entropy_with_logits(model(xb), xb, reduction="none")
    loss = each.sum(-1).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
