# SPDX-License-Identifier: Apache-2.0
# healthy
# Shares of yes that are all small: how many of a thousand visitors buy.
import torch
from torch import nn
from toy import curve, mlp, train

torch.manual_seed(0)
x, y = curve()
y = 0.03 * torch.sigmoid(4 * y)
model = mlp(8, 32, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
train(model, x, y, nn.BCEWithLogitsLoss(), optimizer, steps=800)
