# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
x = (x - x.amin(0)) / (x.amax(0) - x.amin(0)) + 0.4
model = mlp(12, 32, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
train(model, x, y, nn.CrossEntropyLoss(), optimizer, steps=400)
