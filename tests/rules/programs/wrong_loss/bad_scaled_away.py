# SPDX-License-Identifier: Apache-2.0
# expects: wrong-loss 4
# The answers 0 and 1 were divided by 255 with the pictures.
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs(classes=2)
y = y.float()[:, None] / 255
model = mlp(12, 32, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
train(model, x, y, nn.BCEWithLogitsLoss(), optimizer, steps=200)
