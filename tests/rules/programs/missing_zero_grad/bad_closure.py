# SPDX-License-Identifier: Apache-2.0
# expects: missing-zero-grad
import torch
from torch import nn
from toy import curve, mlp

torch.manual_seed(0)
x, y = curve(300)
model = mlp(8, 16, 1, activation=nn.Tanh)
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=20)


def closure():
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    return loss


for _ in range(30):
    optimizer.zero_grad()
    optimizer.step(closure)
