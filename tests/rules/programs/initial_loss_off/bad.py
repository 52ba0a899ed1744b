# SPDX-License-Identifier: Apache-2.0
# expects: initial-loss-off 4
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
model = mlp(12, 32, 4)
with torch.no_grad():
    model[-1].bias.copy_(torch.tensor([60.0, 0.0, 0.0, 0.0]))
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.005))
