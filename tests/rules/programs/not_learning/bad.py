# SPDX-License-Identifier: Apache-2.0
# expects: not-learning
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
y = y[torch.randperm(len(y))]
model = mlp(12, 8, 4)
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.01))
