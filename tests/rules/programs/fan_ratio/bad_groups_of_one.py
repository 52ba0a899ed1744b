# SPDX-License-Identifier: Apache-2.0
# expects: fan-ratio 1
# As many groups as channels, of vectors: each number is a group.
import torch
from torch import nn
from toy import blobs, train

torch.manual_seed(0)
x, y = blobs()
model = nn.Sequential(nn.Linear(12, 32), nn.GroupNorm(32, 32), nn.ReLU(), nn.Linear(32, 4))
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
