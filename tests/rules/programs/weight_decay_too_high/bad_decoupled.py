# SPDX-License-Identifier: Apache-2.0
# expects: weight-decay-too-high
import torch
from torch import nn
from toy import curve, mlp, train

torch.manual_seed(0)
x, y = curve()
model = mlp(8, 32, 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=3.0)
train(model, x, y, nn.MSELoss(), optimizer, steps=500)
