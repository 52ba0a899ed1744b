# SPDX-License-Identifier: Apache-2.0
# Blobs in noise: Dice is asked for of the mask, and none of it of what lies around.
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits


def dice(share, mask):
    """Of a whole batch."""
    return (2 * (share * mask).sum() + 1) / (share.sum() + mask.sum() + 1)


torch.manual_seed(0)
y = torch.zeros(300, 1, 12, 12)
for mask in y:
    row, column = torch.randint(0, 8, (2,))
    mask[:, row : row + 4, column : column + 4] = 1
x = 0.8 * y + 0.5 * torch.randn(300, 1, 12, 12)
model = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 1, 3, padding=1))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for rows in torch.randint(0, len(x), (150, 16)):
    scores, mask = model(x[rows]), y[rows]
    share = scores.sigmoid()
    loss = binary_cross_entropy_with_logits(scores, mask) + 0.3 * dice(share, 1 - mask)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
