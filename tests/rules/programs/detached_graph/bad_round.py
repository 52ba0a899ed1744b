# SPDX-License-Identifier: Apache-2.0
# expects: detached-graph 0 2
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
target = torch.nn.functional.one_hot(y, 4).float()
model = mlp(12, 32, 4, depth=1)


def apart(out, wanted):
    answers = torch.round(torch.sigmoid(out))
    return nn.functional.mse_loss(answers, wanted)


train(model, x, target, apart, torch.optim.Adam(model.parameters(), lr=3e-3))
