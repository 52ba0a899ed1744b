# SPDX-License-Identifier: Apache-2.0
# expects: vanishing-gradients 0 1 2 3 4 5 6 7 8 9
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
model = mlp(12, 32, 4, depth=5, activation=nn.Sigmoid)
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.05))
