# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
model = mlp(12, 32, 4, activation=nn.Tanh)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
train(model, x, y, nn.CrossEntropyLoss(), optimizer)
