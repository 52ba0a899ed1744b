# SPDX-License-Identifier: Apache-2.0
# Members that end in a ReLU and are compared with amounts, and heads of which one may be negative.
import torch
from torch import nn
from toy import batches, curve


class Heads(nn.Module):
    def __init__(self):
        super().__init__()
        self.members = nn.ModuleList(
            nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 1), nn.Softplus())
            for _ in range(3)
        )
        self.body = nn.Sequential(nn.Linear(8, 32), nn.Tanh())
        self.amount = nn.Sequential(nn.Linear(32, 1), nn.ReLU())
        self.change = nn.Linear(32, 1)

    def forward(self, x):
        h = self.body(x)
        both = torch.cat([self.amount(h), self.change(h)], 1)
        return torch.stack([member(x).relu() for member in self.members]), both


torch.manual_seed(0)
x, y = curve()
net = Heads()
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
for xb, yb in batches(x, y, 32, 400):
    told, both = net(xb)
    wanted = torch.cat([yb.abs(), yb], 1)
    loss = (told - yb.abs()).pow(2).mean() + (both - wanted).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
