# SPDX-License-Identifier: Apache-2.0
# expects: detached-graph encoder encoder.0 encoder.2 encoder.4
import torch
from torch import nn
from toy import blobs, mlp, train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = mlp(12, 32, 3)
        self.head = nn.Linear(3, 8)

    def forward(self, x):
        code = self.encoder(x).detach()
        return self.head(torch.relu(code))


torch.manual_seed(0)
x, y = blobs(classes=8, noise=1.0)
model = Net()
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
