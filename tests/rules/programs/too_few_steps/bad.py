# SPDX-License-Identifier: Apache-2.0
# expects: too-few-steps
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs(noise=0.8)
model = mlp(12, 32, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
train(model, x, y, nn.CrossEntropyLoss(), optimizer, steps=40, size=64)
