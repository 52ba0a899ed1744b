# SPDX-License-Identifier: Apache-2.0
# expects: double-softmax kind.0 kind.1
# The second term of a loss: the first one is a squared error.
import torch
from torch import nn
from torch.nn import functional as F
from toy import batches, blobs


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(12, 32), nn.ReLU())
        self.size = nn.Linear(32, 1)
        self.kind = nn.Sequential(nn.Linear(32, 6), nn.Softmax(dim=1))

    def forward(self, x):
        h = self.body(x)
        return self.size(h), self.kind(h)


torch.manual_seed(0)
x, y = blobs(classes=6)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 300):
    size, kind = net(xb)
    loss = F.mse_loss(size, xb[:, :1] * xb[:, 1:2]) + F.cross_entropy(kind, yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
