# SPDX-License-Identifier: Apache-2.0
# expects: inputs-not-normalized 0
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs(noise=1.0)
x = x * torch.logspace(0, 4, 12) + 100
model = mlp(12, 32, 4)
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.01))
