# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs(classes=2)
y = y.float().unsqueeze(1)
model = nn.Sequential(*mlp(12, 32, 1), nn.Sigmoid())
train(model, x, y, nn.BCELoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
