# SPDX-License-Identifier: Apache-2.0
# A forward that keeps a moving average of what it sees, without gradients, beside its layers.
import torch
from torch import nn
from toy import blobs, train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.head = nn.Linear(12, 32), nn.Linear(32, 8)
        self.register_buffer("average", torch.zeros(32))

    def forward(self, x):
        h = torch.relu(self.first(x))
        if self.training:
            with torch.no_grad():
                self.average.mul_(0.9).add_(0.1 * torch.relu(self.first(x)).mean(0))
        return self.head(h - self.average)


torch.manual_seed(0)
x, y = blobs(classes=8, noise=1.0)
model = Net()
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
