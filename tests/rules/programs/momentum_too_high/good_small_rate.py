# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
model = mlp(12, 32, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.002, momentum=0.98)
train(model, x, y, nn.CrossEntropyLoss(), optimizer, steps=400)
