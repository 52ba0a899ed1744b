# SPDX-License-Identifier: Apache-2.0
# expects: nonfinite-data
import torch
from torch import nn
from toy import curve, mlp, train

torch.manual_seed(0)
x, y = curve()
x[5::97, 3] = float("nan")
model = mlp(8, 32, 1)
train(model, x, y, nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=3e-3), steps=60)
