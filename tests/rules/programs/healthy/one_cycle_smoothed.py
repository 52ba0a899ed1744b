# SPDX-License-Identifier: Apache-2.0
"""Smoothed labels, whose loss ends at their own entropy, and a cycle up to a high rate."""

import torch
from torch import nn
from toy import blobs

torch.manual_seed(0)
x, y = blobs()
model = nn.Sequential(
    nn.Linear(12, 64, bias=False), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 4, bias=False)
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
batches = list(torch.randperm(len(x)).split(32))
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.6, total_steps=8 * len(batches))
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
for _ in range(8):
    for rows in torch.randperm(len(x)).split(32):
        loss = criterion(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
