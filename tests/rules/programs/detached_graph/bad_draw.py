# SPDX-License-Identifier: Apache-2.0
# expects: detached-graph code
import torch
from torch import nn
from toy import curve, train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.code = nn.Linear(8, 6)
        self.head = nn.Linear(6, 1)

    def forward(self, x):
        return self.head(torch.bernoulli(torch.sigmoid(self.code(x))))


torch.manual_seed(0)
x, y = curve()
model = Net()
train(model, x, y, nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=3e-3), steps=300)
