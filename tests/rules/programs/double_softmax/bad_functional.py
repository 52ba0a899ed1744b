# SPDX-License-Identifier: Apache-2.0
# expects: double-softmax out
import torch
import torch.nn.functional as F
from torch import nn
from toy import blobs, train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(12, 32)
        self.out = nn.Linear(32, 4)

    def forward(self, x):
        return F.softmax(self.out(F.relu(self.hidden(x))), dim=-1)


torch.manual_seed(0)
x, y = blobs()
model = Net()
train(model, x, y, F.cross_entropy, torch.optim.Adam(model.parameters(), lr=3e-3))
