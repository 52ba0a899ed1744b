# SPDX-License-Identifier: Apache-2.0
# Two features right before the scores, so that they can be drawn: a picture, no bottleneck.
import torch
from torch import nn
from toy import blobs, train

torch.manual_seed(0)
x, y = blobs(rows=1200, classes=12, features=40, noise=1.8)
model = nn.Sequential(
    nn.Linear(40, 128),
    nn.ReLU(),
    nn.Linear(128, 128),
    nn.ReLU(),
    nn.Linear(128, 2),
    nn.Linear(2, 12),
)
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=3e-3), 400)
