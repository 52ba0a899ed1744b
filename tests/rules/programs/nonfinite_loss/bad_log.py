# SPDX-License-Identifier: Apache-2.0
# expects: nonfinite-loss mean spread
import torch
from torch import nn
from toy import batches, curve, mlp

torch.manual_seed(0)
x, y = curve()


class Spread(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = mlp(8, 32, 32, activation=nn.Tanh)
        self.mean = nn.Linear(32, 1)
        self.spread = nn.Linear(32, 1)

    def forward(self, x):
        h = torch.tanh(self.trunk(x))
        return self.mean(h), self.spread(h)


model = Spread()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
for xb, yb in batches(x, y, 32, 300):
    mean, spread = model(xb)
    loss = (torch.log(spread) + 0.5 * ((yb - mean) / spread) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
