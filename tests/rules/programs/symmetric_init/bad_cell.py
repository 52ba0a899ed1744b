# SPDX-License-Identifier: Apache-2.0
# expects: symmetric-init
# A recurrent cell of bare tensors, each filled with one number; it learns what one unit can.
import torch
from torch import nn

torch.manual_seed(0)


def weight(rows, columns):
    return torch.full((rows, columns), (rows * columns) ** -0.5, requires_grad=True)


inside, again, outside = weight(3, 16), weight(16, 16), weight(16, 4)
bias, last = torch.zeros(16, requires_grad=True), torch.zeros(4, requires_grad=True)


def net(x):
    h = torch.zeros(len(x), 16)
    for part in x.unbind(1):
        h = torch.tanh(part @ inside + h @ again + bias)
    return h @ outside + last


x = torch.randn(600, 4, 3)
y = (x.sum(1)[:, 0] > 0) * 2 + (x[:, -1, 1] > 0) * 1
optimizer = torch.optim.Adam([inside, again, outside, bias, last], lr=1e-2)
for _ in range(8):
    for rows in torch.randperm(600).split(32):
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
