# SPDX-License-Identifier: Apache-2.0
# expects: single-unit-softmax tell
# One map of a segmentation passes a softmax over the maps.
import torch
from torch import nn
from torch.nn import functional as F
from toy import train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.see = nn.Conv2d(1, 8, 3, padding=1)
        self.tell = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        return F.softmax(self.tell(F.relu(self.see(x))), dim=1)


def overlap(p, y):
    return 1 - ((2 * (p * y).sum((1, 2, 3)) + 1) / ((p + y).sum((1, 2, 3)) + 1)).mean()


torch.manual_seed(0)
y = (F.avg_pool2d(torch.randn(500, 1, 12, 12), 5, 1, 2) > 0.2).float()
x = y + 0.5 * torch.randn_like(y)
net = Net()
train(net, x, y, overlap, torch.optim.Adam(net.parameters(), lr=3e-3), 150, 25)
