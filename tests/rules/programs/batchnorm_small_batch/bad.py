# SPDX-License-Identifier: Apache-2.0
# expects: batchnorm-small-batch 1
import torch
from torch import nn
from toy import blobs, train

torch.manual_seed(0)
x, y = blobs(classes=6, noise=1.2)
model = nn.Sequential(nn.Linear(12, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 6))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
train(model, x, y, nn.CrossEntropyLoss(), optimizer, steps=200, size=2)
