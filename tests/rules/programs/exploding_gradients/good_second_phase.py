# SPDX-License-Identifier: Apache-2.0
# Trained first on one naming of the classes, then by another optimizer on another: its first
# gradients are large, as the network is sure of the old names, and have not grown from anything.
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs(rows=2000, features=40)
criterion = nn.CrossEntropyLoss()
model = mlp(40, 128, 4)
nn.init.normal_(model[-1].weight, std=0.001)
train(model, x, y, criterion, torch.optim.Adam(model.parameters(), lr=1e-2), 150, 64)
y = torch.where(torch.rand(2000) < 0.1, torch.randint(0, 4, (2000,)), (y + 1) % 4)
train(model, x, y, criterion, torch.optim.Adam(model.parameters(), lr=3e-3), 400, 64)
