# SPDX-License-Identifier: Apache-2.0
# StyleGAN's layers: the weights are drawn from N(0, 1), and multiplied by what gives them He's std.
import torch
from torch import nn
from toy import blobs, train


class Equalized(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outside, inside))
        self.bias = nn.Parameter(torch.zeros(outside))
        self.scale = 1 / inside**0.5

    def forward(self, x):
        return nn.functional.linear(x, self.weight * self.scale, self.bias)


torch.manual_seed(0)
x, y = blobs(noise=2.5)
model = nn.Sequential(
    Equalized(12, 64), nn.LeakyReLU(0.2), Equalized(64, 64), nn.LeakyReLU(0.2), Equalized(64, 4)
)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
train(model, x, y, nn.CrossEntropyLoss(), optimizer, steps=150)
