# SPDX-License-Identifier: Apache-2.0
# expects: dead-relu branch.0 branch.1
"""A branch is dead, but there is a way around it: the rate, too low too, is a cause of its own."""

import torch
from torch import nn
from toy import blobs, train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(12, 32), nn.Linear(32, 4)
        self.branch = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 32))
        with torch.no_grad():
            self.branch[0].bias.fill_(-30.0)

    def forward(self, x):
        x = torch.tanh(self.first(x))
        return self.last(x + self.branch(x))


torch.manual_seed(0)
x, y = blobs()
model = Net()
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=1e-4), steps=400)
