# SPDX-License-Identifier: Apache-2.0
# expects: output-range-mismatch 2 3
import torch
from torch import nn
from toy import train

torch.manual_seed(0)
grid = torch.arange(10.0)
centre = torch.randint(2, 8, (400, 2)).float()
mask = (grid[:, None] - centre[:, :1, None]) ** 2 + (grid - centre[:, 1:, None]) ** 2 < 4
mask = mask[:, None].float()
x = mask + 0.5 * torch.randn(400, 1, 10, 10)
model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 1), nn.ReLU())
train(model, x, mask, nn.BCEWithLogitsLoss(), torch.optim.Adam(model.parameters(), lr=1e-2))
