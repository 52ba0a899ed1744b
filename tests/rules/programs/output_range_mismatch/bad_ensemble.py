# SPDX-License-Identifier: Apache-2.0
# expects: output-range-mismatch members.2.2 members.2.3
# Each member ends in a ReLU; all are compared with the same targets, in one of two terms.
import torch
from torch import nn
from toy import batches, curve


class Ensemble(nn.Module):
    def __init__(self):
        super().__init__()
        self.members = nn.ModuleList(
            nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 1), nn.ReLU())
            for _ in range(3)
        )
        self.cost = nn.Linear(8, 1)

    def forward(self, x):
        return torch.stack([member(x) for member in self.members]), self.cost(x)


torch.manual_seed(0)
x, y = curve()
net = Ensemble()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 250):
    told, cost = net(xb)
    loss = (told - yb).pow(2).mean() + 0.5 * (cost - xb[:, :1]).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
