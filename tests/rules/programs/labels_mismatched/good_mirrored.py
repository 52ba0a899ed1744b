# SPDX-License-Identifier: Apache-2.0
"""How wide and how bright a spot is does not change in a mirror, and one of both is hard to see."""

import torch
from torch import nn

torch.manual_seed(0)
at, wide, bright = 3 + 10 * torch.rand(384, 2), 1 + torch.rand(384), 1 + torch.rand(384)
grid = torch.arange(16.0)
near = (grid[None, :, None] - at[:, :1, None]) ** 2 + (grid[None, None] - at[:, 1:, None]) ** 2
spots = torch.exp(-near / (2 * wide[:, None, None] ** 2))[:, None]
pictures = bright[:, None, None, None] * spots + 0.05 * torch.randn(384, 1, 16, 16)
sizes = torch.stack([wide, bright], 1) * 2 - 3
model = nn.Sequential(
    nn.Conv2d(1, 12, 3, padding=1),
    nn.ReLU(),
    nn.Conv2d(12, 12, 3, padding=1),
    nn.ReLU(),
    nn.AvgPool2d(4),
    nn.Flatten(),
    nn.Linear(192, 2),
)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for step in range(200):
    rows = torch.randperm(384)[:32]
    flip = (torch.rand(32) < 0.5)[:, None, None, None]
    x = torch.where(flip, pictures[rows].flip(3), pictures[rows])
    loss = nn.functional.mse_loss(model(x), sizes[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
