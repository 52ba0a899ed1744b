# SPDX-License-Identifier: Apache-2.0
"""Each round has a norm for what it hands on; what the last one hands on nobody takes."""

import torch
from torch import nn
from toy import curve, train


class Round(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.own = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x, handed):
        mine = torch.relu(self.own(x + handed))
        return mine, self.norm(mine)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(8, 32)
        self.rounds = nn.ModuleList(Round(32) for _ in range(3))
        self.head = nn.Linear(32, 1)

    def forward(self, x):
        x = self.stem(x)
        handed = torch.zeros_like(x)
        for part in self.rounds:
            x, handed = part(x, handed)
        return self.head(x)


torch.manual_seed(0)
x, y = curve()
model = Net()
train(model, x, y, nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
