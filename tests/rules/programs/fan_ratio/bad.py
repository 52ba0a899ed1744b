# SPDX-License-Identifier: Apache-2.0
# expects: fan-ratio 2
import torch
from torch import nn
from toy import blobs, train

torch.manual_seed(0)
x, y = blobs(classes=10, features=12)
model = nn.Sequential(
    nn.Linear(12, 32),
    nn.ReLU(),
    nn.Linear(32, 1),
    nn.Tanh(),
    nn.Linear(1, 32),
    nn.ReLU(),
    nn.Linear(32, 10),
)
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=5e-3))
