# SPDX-License-Identifier: Apache-2.0
# expects: gradient-clipping-too-tight
import torch
from torch import nn
from toy import curve, mlp, train

torch.manual_seed(0)
x, y = curve()
model = mlp(8, 32, 1)
for parameter in model.parameters():
    parameter.register_hook(lambda gradient: gradient.clamp(-1e-5, 1e-5))
train(model, x, y, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9))
