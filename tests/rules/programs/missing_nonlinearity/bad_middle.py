# SPDX-License-Identifier: Apache-2.0
# expects: missing-nonlinearity 2 3 4
import torch
from torch import nn
from toy import curve, train

torch.manual_seed(0)
x, y = curve()
model = nn.Sequential(
    nn.Linear(8, 24), nn.Tanh(), nn.Linear(24, 24), nn.Linear(24, 24), nn.Linear(24, 1)
)
train(model, x, y, nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=2e-3), steps=400)
