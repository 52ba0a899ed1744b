# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import mlp, train

torch.manual_seed(0)
y = torch.randint(0, 5, (600,))
x = torch.zeros(600, 60)
x[torch.arange(600), y * 12 + torch.randint(0, 12, (600,))] = 1.0
model = mlp(60, 32, 5)
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=5e-3))
