# SPDX-License-Identifier: Apache-2.0
# expects: symmetric-init 0
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs(classes=8, noise=0.9)
model = mlp(12, 64, 8, depth=1)
for layer in model:
    if isinstance(layer, nn.Linear):
        nn.init.constant_(layer.weight, 0.1)
        nn.init.zeros_(layer.bias)
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.1))
