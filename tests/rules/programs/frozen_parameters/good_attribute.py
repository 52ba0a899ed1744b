# SPDX-License-Identifier: Apache-2.0
"""A module that was to be frozen by an attribute trains on, which is a note."""

import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
model = nn.Sequential(mlp(12, 32, 16), nn.ReLU(), nn.Linear(16, 4))
model[0].requires_grad = False
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
