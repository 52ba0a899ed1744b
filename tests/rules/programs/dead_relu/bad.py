# SPDX-License-Identifier: Apache-2.0
# expects: dead-relu 0 1
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
model = mlp(12, 32, 4)
with torch.no_grad():
    model[0].bias.fill_(-30.0)
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.05))
