# SPDX-License-Identifier: Apache-2.0
# expects: unused-module hidden2
import torch
from torch import nn
from toy import blobs, train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(12, 3)
        self.hidden2 = nn.Linear(3, 64)
        self.out = nn.Linear(3, 12)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x)))


torch.manual_seed(0)
x, y = blobs(classes=12, noise=1.2)
model = Net()
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
