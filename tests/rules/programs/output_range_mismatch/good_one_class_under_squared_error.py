# SPDX-License-Identifier: Apache-2.0
# One class a row, or shares of several that add up to one, as a softmax under a squared error.
import torch
from torch import nn
from toy import blobs, train

torch.manual_seed(0)
x, y = blobs()
shares = torch.eye(4)[y]
mixed = torch.rand(len(x), 1)
shares = mixed * shares + (1 - mixed) * shares.roll(1, 0)
x = mixed * x + (1 - mixed) * x.roll(1, 0)
net = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 4), nn.Softmax(dim=1))
train(net, x, shares, nn.MSELoss(), torch.optim.Adam(net.parameters(), lr=1e-2), 300)
