# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import blobs, train

torch.manual_seed(0)
x, y = blobs()
model = nn.Sequential(nn.Linear(12, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 4))
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
