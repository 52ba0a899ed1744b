# SPDX-License-Identifier: Apache-2.0
# expects: excessive-dropout 2 5 8
import torch
from torch import nn
from toy import blobs, train

torch.manual_seed(0)
x, y = blobs(noise=1.0)
layers = []
for inputs in (12, 32, 32):
    layers += [nn.Linear(inputs, 32), nn.ReLU(), nn.Dropout(0.8)]
model = nn.Sequential(*layers, nn.Linear(32, 4))
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
