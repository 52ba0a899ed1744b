# SPDX-License-Identifier: Apache-2.0
# expects: weight-decay-too-high 0 2 4
"""A loop that moves the weights itself, with a decay that is far too large in the same line."""

import torch
from torch import nn
from toy import batches, curve, mlp

torch.manual_seed(0)
x, y = curve()
model = mlp(8, 32, 1, activation=nn.Tanh)
for xb, yb in batches(x, y, 32, 400):
    loss = nn.functional.mse_loss(model(xb), yb)
    model.zero_grad()
    loss.backward()
    with torch.no_grad():
        for p in model.parameters():
            p -= 0.05 * p.grad + 0.05 * p
