# SPDX-License-Identifier: Apache-2.0
# expects: learning-rate-too-high
import torch
from torch import nn
from toy import curve, train


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.a = nn.Linear(width, width)
        self.b = nn.Linear(width, width)
        nn.init.normal_(self.a.weight, std=0.33)
        nn.init.zeros_(self.b.weight)

    def forward(self, x):
        return x + self.b(torch.relu(self.a(torch.relu(x))))


torch.manual_seed(0)
x, y = curve()
model = nn.Sequential(nn.Linear(8, 32), *[Block(32) for _ in range(7)], nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
train(model, x, y, nn.MSELoss(), optimizer, steps=100)
