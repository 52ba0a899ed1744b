# SPDX-License-Identifier: Apache-2.0
# expects: output-range-mismatch 2 3
import torch
from torch import nn
from toy import blobs, train

torch.manual_seed(0)
x, _ = blobs()
tags = (x[:, :3] + x[:, 3:6] > 0).float()  # none, some or all of three
net = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 3), nn.Softmax(dim=1))
train(net, x, tags, nn.MSELoss(), torch.optim.Adam(net.parameters(), lr=1e-2), 300)
