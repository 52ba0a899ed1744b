# SPDX-License-Identifier: Apache-2.0
# expects: init-scale-too-large 0 2 4
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs(noise=1.5)
model = mlp(12, 64, 4)
for layer in model:
    if isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight, std=10.0)
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.01))
