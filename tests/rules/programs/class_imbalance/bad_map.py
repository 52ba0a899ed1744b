# SPDX-License-Identifier: Apache-2.0
# expects: class-imbalance
import torch
from torch import nn
from toy import train

torch.manual_seed(0)
maps = torch.zeros(300, 1, 16, 16)
for picture in maps:
    row, column = torch.randint(0, 13, (2,)).tolist()
    picture[0, row, column : column + 3] = 1
pictures = torch.randn(300, 1, 16, 16) + 1.2 * maps
model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 3, padding=1))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
train(model, pictures, maps, nn.BCEWithLogitsLoss(), optimizer, steps=300)
