# SPDX-License-Identifier: Apache-2.0
# expects: vanishing-gradients a b c
import torch
from torch import nn
from toy import blobs, train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(12, 32)
        self.b = nn.Linear(32, 32)
        self.c = nn.Linear(32, 32)
        self.d = nn.Linear(32, 4)

    def forward(self, x):
        x = torch.sigmoid(self.a(x))
        x = torch.sigmoid(self.b(x))
        x = torch.sigmoid(self.c(x))
        return self.d(x)


torch.manual_seed(0)
x, y = blobs()
model = Net()
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.05))
