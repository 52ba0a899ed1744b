# SPDX-License-Identifier: Apache-2.0
# expects: weight-decay-too-high 0 2 4
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
model = mlp(12, 32, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, weight_decay=1.0)
train(model, x, y, nn.CrossEntropyLoss(), optimizer)
