# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs(rows=400)
wrong = torch.rand(400) < 0.15
y[wrong] = torch.randint(0, 4, (int(wrong.sum()),))
model = mlp(12, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
train(model, x, y, nn.CrossEntropyLoss(), optimizer, steps=300)
