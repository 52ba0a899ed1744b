# SPDX-License-Identifier: Apache-2.0
"""A sine layer's frequency that stayed in it under a tanh: the last layer learns all the same."""

import torch
from torch import nn
from toy import batches


class Wave(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)

    def forward(self, x):
        return torch.tanh(30.0 * self.linear(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.wave = Wave(4, 128)
        self.out = nn.Linear(128, 1)

    def forward(self, x):
        return self.out(self.wave(x))


torch.manual_seed(0)
x = torch.rand(1500, 4) * 2 - 1
y = x[:, :1] + 0.5 * x[:, 1:2]
y = y / y.std()
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for xb, yb in batches(x, y, 50, 500):
    loss = nn.functional.mse_loss(net(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
