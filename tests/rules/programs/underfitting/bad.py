# SPDX-License-Identifier: Apache-2.0
# expects: underfitting 0
import torch
from torch import nn
from toy import curve, train

torch.manual_seed(0)
x, y = curve(rows=2000)
model = nn.Sequential(nn.Linear(8, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
train(model, x, y, nn.MSELoss(), optimizer, steps=800, size=64)
