# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs(classes=10, features=12)
model = mlp(12, 16, 10, depth=1)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
train(model, x, y, nn.CrossEntropyLoss(), optimizer, steps=300)
