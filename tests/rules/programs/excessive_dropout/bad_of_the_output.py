# SPDX-License-Identifier: Apache-2.0
# expects: excessive-dropout last
import torch
from torch import nn
from toy import curve, train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(8, 64), nn.Linear(64, 1)

    def forward(self, x):
        x = torch.relu(self.first(x))
        return nn.functional.dropout(self.last(x), 0.2, self.training)


torch.manual_seed(0)
x, y = curve()
net = Net()
train(net, x, y, nn.MSELoss(), torch.optim.Adam(net.parameters(), lr=1e-2), 400)
