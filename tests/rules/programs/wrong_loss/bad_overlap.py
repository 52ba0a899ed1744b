# SPDX-License-Identifier: Apache-2.0
# expects: wrong-loss 2
# Blobs in noise: the Jaccard score is added to the cross entropy, not what it lacks.
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits


def jaccard(share, mask):
    """Of each picture, and their mean."""
    both = (share * mask).sum((1, 2, 3))
    return (both / (share.sum((1, 2, 3)) + mask.sum((1, 2, 3)) - both)).mean()


torch.manual_seed(0)
y = torch.zeros(300, 1, 12, 12)
for mask in y:
    row, column = torch.randint(0, 8, (2,))
    mask[:, row : row + 4, column : column + 4] = 1
x = 0.8 * y + 0.5 * torch.randn(300, 1, 12, 12)
model = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 1, 3, padding=1))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for rows in torch.randint(0, len(x), (150, 16)):
    scores = model(x[rows])
    loss = binary_cross_entropy_with_logits(scores, y[rows])
    loss = loss + jaccard(scores.sigmoid(), y[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
