# SPDX-License-Identifier: Apache-2.0
# expects: init-activation-mismatch 0 2 4 6 8 10 12 14
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
model = mlp(12, 64, 4, depth=8)
for layer in model:
    if isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight, std=0.6 * (2 / layer.in_features) ** 0.5)
        nn.init.zeros_(layer.bias)
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.02), steps=150)
