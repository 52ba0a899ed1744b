# SPDX-License-Identifier: Apache-2.0
# Blobs in noise: Dice itself is given to an optimizer that climbs.
import torch
from torch import nn


def dice(share, mask):
    """Of each picture, and their mean."""
    both = 2 * (share * mask).sum((1, 2, 3)) + 1
    return (both / (share.sum((1, 2, 3)) + mask.sum((1, 2, 3)) + 1)).mean()


torch.manual_seed(0)
y = torch.zeros(300, 1, 12, 12)
for mask in y:
    row, column = torch.randint(0, 8, (2,))
    mask[:, row : row + 4, column : column + 4] = 1
x = 0.8 * y + 0.5 * torch.randn(300, 1, 12, 12)
model = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 1, 3, padding=1))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, maximize=True)
for rows in torch.randint(0, len(x), (150, 16)):
    loss = dice(model(x[rows]).sigmoid(), y[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
