# SPDX-License-Identifier: Apache-2.0
# expects: dead-relu 0 1
"""Only the last bias gets a gradient: what looks like a small rate is a layer that is dead."""

import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
y[torch.rand(len(y)) < 0.6] = 0
model = mlp(12, 32, 4)
with torch.no_grad():
    model[0].bias.fill_(-30.0)
optimizer = torch.optim.SGD(model.parameters(), lr=2e-3, weight_decay=1e-4)
train(model, x, y, nn.CrossEntropyLoss(), optimizer, steps=400)
