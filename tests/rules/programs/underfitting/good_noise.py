# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs(rows=2000, noise=4.0)
model = mlp(12, 4, 4, depth=1)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
train(model, x, y, nn.CrossEntropyLoss(), optimizer, steps=800, size=64)
