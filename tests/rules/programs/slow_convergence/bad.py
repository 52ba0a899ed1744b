# SPDX-License-Identifier: Apache-2.0
# expects: slow-convergence
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs(rows=2000, noise=3.5)
model = mlp(12, 32, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
train(model, x, y, nn.CrossEntropyLoss(), optimizer, steps=400, size=128)
