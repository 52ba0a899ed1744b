# SPDX-License-Identifier: Apache-2.0
# expects: labels-mismatched
"""A whole batch is turned upside down now and then, and its masks stay as they are."""

import torch
from torch import nn

torch.manual_seed(0)
at = torch.randint(2, 14, (160, 2))
grid = torch.arange(16)
near = (grid[None, :, None] - at[:, :1, None]) ** 2 + (grid[None, None] - at[:, 1:, None]) ** 2
masks = (near <= 9).float()[:, None]
pictures = masks + 0.2 * torch.randn(160, 1, 16, 16)
model = nn.Sequential(
    nn.Conv2d(1, 12, 3, padding=1),
    nn.ReLU(),
    nn.Conv2d(12, 12, 3, padding=1),
    nn.ReLU(),
    nn.Conv2d(12, 1, 1),
)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(120):
    rows = torch.randperm(160)[:24]
    x = pictures[rows] if step % 2 else pictures[rows].flip(2)
    loss = nn.functional.binary_cross_entropy_with_logits(model(x), masks[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
