# SPDX-License-Identifier: Apache-2.0
# expects: output-range-mismatch 4 5
import torch
from torch import nn
from toy import curve, mlp, train

torch.manual_seed(0)
x, y = curve()
model = nn.Sequential(*mlp(8, 32, 1), nn.Sigmoid())
train(model, x, y, nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
