# SPDX-License-Identifier: Apache-2.0
# expects: missing-nonlinearity fc1 fc2 fc3
import torch
import torch.nn.functional as F
from torch import nn
from toy import curve, train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(8, 48)
        self.fc2 = nn.Linear(48, 48)
        self.fc3 = nn.Linear(48, 1)

    def forward(self, x):
        x = self.fc1(x)
        F.relu(x)
        x = self.fc2(x)
        F.relu(x)
        return self.fc3(x)


torch.manual_seed(0)
x, y = curve()
net = Net()
train(net, x, y, nn.MSELoss(), torch.optim.Adam(net.parameters(), lr=3e-3), steps=400)
