# SPDX-License-Identifier: Apache-2.0
# expects: unused-module blocks.0 blocks.1 blocks.2
import torch
from torch import nn
from toy import blobs, train


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.body = nn.Sequential(nn.Linear(width, 4), nn.Tanh(), nn.Linear(4, width))

    def forward(self, x):
        x = self.body(self.norm(x))
        return x + x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(12, 24)
        self.blocks = nn.Sequential(Block(24), Block(24), Block(24))
        self.head = nn.Linear(24, 8)

    def forward(self, x):
        return self.head(self.blocks(self.first(x)))


torch.manual_seed(0)
x, y = blobs(classes=8, noise=1.2)
model = Net()
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=1e-3), steps=300)
