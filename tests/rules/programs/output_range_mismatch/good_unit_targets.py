# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import curve, mlp, train

torch.manual_seed(0)
x, y = curve()
y = (y - y.min()) / (y.max() - y.min())
model = nn.Sequential(*mlp(8, 32, 1), nn.Sigmoid())
train(model, x, y, nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=1e-2))
