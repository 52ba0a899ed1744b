# SPDX-License-Identifier: Apache-2.0
# expects: vanishing-gradients 0 2
import torch
from torch import nn
from toy import blobs, mlp, train


class Shares(nn.Softmax):
    def __init__(self):
        super().__init__(dim=1)


torch.manual_seed(0)
x, y = blobs(classes=8, noise=1.0)
model = mlp(12, 64, 8, activation=Shares)
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=1e-3), steps=300)
