# SPDX-License-Identifier: Apache-2.0
# expects: exploding-gradients 1 2 3 4 5 6 1.a 1.b 2.a 2.b 3.a 3.b 4.a 4.b 5.a 5.b 6.a 6.b
import torch
from torch import nn
from toy import curve, train


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.a = nn.Linear(width, width)
        self.b = nn.Linear(width, width)
        nn.init.normal_(self.a.weight, std=0.36)
        nn.init.normal_(self.b.weight, std=0.36)

    def forward(self, x):
        return x + self.b(torch.relu(self.a(torch.relu(x))))


torch.manual_seed(0)
x, y = curve()
model = nn.Sequential(nn.Linear(8, 32), *[Block(32) for _ in range(6)], nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=3e-3, momentum=0.9)
train(model, x, y, nn.MSELoss(), optimizer, steps=100)
