# SPDX-License-Identifier: Apache-2.0
"""A second task with a new head and a new optimizer, which can't be learned well."""

import torch
from torch import nn
from toy import batches, blobs, train

torch.manual_seed(0)
x, y = blobs(classes=4)
net = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 4))
train(net, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), lr=3e-3), steps=120)
net[2] = nn.Linear(32, 6)
noisy = torch.where(torch.rand(len(y)) < 0.6, torch.randint(0, 6, (len(y),)), y)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for rows, labels in batches(x, noisy, 32, 300):
    loss = nn.functional.cross_entropy(net(rows), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
