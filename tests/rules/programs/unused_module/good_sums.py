# SPDX-License-Identifier: Apache-2.0
"""Sums of two halves of one tensor, of a tensor doubled, and a shortcut outside of its block."""

import torch
from torch import nn
from toy import blobs, train


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.body = nn.Linear(width, 2 * width)

    def forward(self, x):
        a, b = torch.tanh(self.body(x)).chunk(2, -1)
        x = a + b
        return x + x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(12, 24)
        self.blocks = nn.ModuleList([Block(24), Block(24)])
        self.head = nn.Linear(24, 8)

    def forward(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = x + block(x)
        return self.head(x)


torch.manual_seed(0)
x, y = blobs(classes=8, noise=1.2)
model = Net()
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=1e-3), steps=300)
