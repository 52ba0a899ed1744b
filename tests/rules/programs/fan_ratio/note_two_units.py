# SPDX-License-Identifier: Apache-2.0
# Two units between wide layers, twelve classes: most of them are told apart, not all.
import torch
from torch import nn
from toy import blobs, train

torch.manual_seed(0)
x, y = blobs(rows=1200, classes=12, features=40)
model = nn.Sequential(nn.Linear(40, 2), nn.Tanh(), nn.Linear(2, 128), nn.ReLU(), nn.Linear(128, 12))
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=5e-3), 500)
