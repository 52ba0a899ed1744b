# SPDX-License-Identifier: Apache-2.0
# expects: dropout-before-batchnorm 2 4
import torch
from torch import nn
from toy import blobs, train

torch.manual_seed(0)
x, y = blobs(classes=8, noise=1.2)
model = nn.Sequential(
    nn.Linear(12, 32),
    nn.ReLU(),
    nn.Dropout(0.7),
    nn.Linear(32, 32, bias=False),
    nn.BatchNorm1d(32),
    nn.ReLU(),
    nn.Linear(32, 8),
)
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.02))
