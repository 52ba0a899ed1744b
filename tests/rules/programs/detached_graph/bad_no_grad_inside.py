# SPDX-License-Identifier: Apache-2.0
# expects: detached-graph first second
import torch
from torch import nn
from toy import blobs, train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(12, 32), nn.Linear(32, 3)
        self.head = nn.Linear(3, 8)

    @torch.no_grad()
    def features(self, x):
        return self.second(torch.relu(self.first(x)))

    def forward(self, x):
        return self.head(torch.relu(self.features(x)))


torch.manual_seed(0)
x, y = blobs(classes=8, noise=1.0)
model = Net()
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
