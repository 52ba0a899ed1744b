# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import curve, mlp, train

torch.manual_seed(0)
x, y = curve()
model = mlp(8, 64, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
train(model, x, y, nn.MSELoss(), optimizer, steps=400)
