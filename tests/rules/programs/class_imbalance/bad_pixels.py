# SPDX-License-Identifier: Apache-2.0
# expects: class-imbalance
"""Small spots in noise, one pixel in a hundred: the head behind the batch norm learns the prior."""

import torch
from torch import nn

torch.manual_seed(0)
at = torch.randint(2, 22, (240, 2))
grid = torch.arange(24)
near = (grid[None, :, None] - at[:, :1, None]) ** 2 + (grid[None, None] - at[:, 1:, None]) ** 2
masks = (near <= 2).float()[:, None]
images = 0.5 * torch.randn(240, 1, 24, 24) + 0.8 * masks


def conv(inputs, outputs):
    layer = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.ReLU())


model = nn.Sequential(conv(1, 8), conv(8, 12), conv(12, 12), conv(12, 8), nn.Conv2d(8, 1, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
for step in range(60):
    rows = torch.randint(0, 240, (16,))
    loss = nn.functional.binary_cross_entropy_with_logits(model(images[rows]), masks[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
