# SPDX-License-Identifier: Apache-2.0
"""Where a spot is, in pictures that are mirrored half of the time while the places are not."""

import torch
from torch import nn

torch.manual_seed(0)
at = 2 + 12 * torch.rand(512, 2)
grid = torch.arange(16.0)
near = (grid[None, :, None] - at[:, :1, None]) ** 2 + (grid[None, None] - at[:, 1:, None]) ** 2
pictures = torch.exp(-near / 4)[:, None]
places = at / 8 - 1
model = nn.Sequential(
    nn.Conv2d(1, 8, 3, stride=2, padding=1),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(512, 32),
    nn.ReLU(),
    nn.Linear(32, 2),
)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(160):
    rows = torch.randperm(512)[:32]
    x = pictures[rows]
    flip = torch.rand(32) < 0.5
    x = torch.where(flip[:, None, None, None], x.flip(3), x)
    x = x + 0.05 * torch.randn(x.shape)
    loss = nn.functional.mse_loss(model(x), places[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
