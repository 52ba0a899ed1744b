# SPDX-License-Identifier: Apache-2.0
# expects: not-learning
import torch
from torch import nn
from toy import mlp, train

torch.manual_seed(0)
x, y = torch.randn(600, 12), torch.randn(600, 1)
model = mlp(12, 8, 1)
train(model, x, y, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.01))
