# SPDX-License-Identifier: Apache-2.0
# expects: exploding-gradients
import torch
from torch import nn
from toy import batches, curve, mlp

torch.manual_seed(0)
x, y = curve()
model = mlp(8, 32, 1, activation=nn.Tanh)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
for step, (xb, yb) in enumerate(batches(x, y, 32, 110)):
    if step == 90:
        yb = yb * 1e5
    loss = ((model(xb) - yb) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
