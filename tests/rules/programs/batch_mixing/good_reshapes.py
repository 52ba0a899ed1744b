# SPDX-License-Identifier: Apache-2.0
"""Reshapes that merge or split neighbours: patches, shuffled channels, groups, joined heads."""

import torch
from torch import nn
from toy import train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3, padding=1)
        self.up = nn.Conv2d(16, 16, 1)
        self.patch = nn.Linear(64, 24)
        self.qkv = nn.Linear(24, 72)
        self.head = nn.Linear(24, 3)

    def forward(self, x):
        b = len(x)
        h = torch.relu(self.conv(x))
        h = h.view(b, 4, 4, 8, 8).transpose(1, 2).reshape(b, 16, 8, 8)  # channels are shuffled
        h = torch.nn.functional.pixel_shuffle(self.up(h), 2)  # 4, 16, 16
        h = h.reshape(b, 4, 4, 4, 4, 4).permute(0, 2, 4, 1, 3, 5).reshape(b, 16, 64)
        h = self.patch(h)
        q, k, v = self.qkv(h).view(b, 16, 3, 2, 12).permute(2, 0, 3, 1, 4)
        h = h + nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(
            b, 16, 24
        )
        h = h.reshape(b, 2, 8, 24).reshape(b, 8, 48).reshape(b, 16, 24)
        return self.head(h.mean(1))


torch.manual_seed(0)
x = torch.randn(400, 1, 8, 8)
y = x.mean((2, 3)) + torch.stack([x[:, 0, :4].mean((1, 2))] * 3, 1)
model = Net()
train(model, x, y * 4, nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=3e-3), steps=300)
