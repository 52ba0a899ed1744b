# SPDX-License-Identifier: Apache-2.0
# expects: missing-nonlinearity 0 1 2
import torch
from torch import nn
from toy import curve, train

torch.manual_seed(0)
x, y = curve()
model = nn.Sequential(nn.Linear(8, 64), nn.Linear(64, 64), nn.Linear(64, 1))
train(model, x, y, nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
