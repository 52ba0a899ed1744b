# SPDX-License-Identifier: Apache-2.0
# expects: symmetric-init cell
# A recurrent cell of parameters of its own, each filled with one number; it learns what one unit can.
import torch
from torch import nn

torch.manual_seed(0)


class Cell(nn.Module):
    def __init__(self):
        super().__init__()
        self.inside = nn.Parameter(torch.full((3, 16), 0.2))
        self.again = nn.Parameter(torch.full((16, 16), 0.05))

    def forward(self, part, h):
        return torch.tanh(part @ self.inside + h @ self.again)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.outside = Cell(), nn.Linear(16, 4)
        nn.init.ones_(self.outside.weight)

    def forward(self, x):
        h = torch.zeros(len(x), 16)
        for part in x.unbind(1):
            h = self.cell(part, h)
        return self.outside(h)


net = Net()
x = torch.randn(600, 4, 3)
y = (x.sum(1)[:, 0] > 0) * 2 + (x[:, -1, 1] > 0) * 1
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for _ in range(8):
    for rows in torch.randperm(600).split(32):
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
