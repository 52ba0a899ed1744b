# SPDX-License-Identifier: Apache-2.0
# A code drawn by `rsample()`, through which the gradient passes.
import torch
from torch import nn
from torch.distributions import Normal, kl_divergence
from toy import batches, blobs


class Coder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(12, 32), nn.ReLU())
        self.mean = nn.Linear(32, 3)
        self.spread = nn.Linear(32, 3)
        self.decode = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 12))

    def forward(self, x):
        h = self.encode(x)
        code = Normal(self.mean(h), torch.exp(0.5 * self.spread(h)))
        return self.decode(code.rsample()), code


torch.manual_seed(0)
x, y = blobs()
model = Coder()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
unit = Normal(torch.zeros(3), torch.ones(3))
for xb, _ in batches(x, y, 32, 300):
    rebuilt, code = model(xb)
    loss = ((rebuilt - xb) ** 2).sum(1).mean() + 0.1 * kl_divergence(code, unit).sum(1).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
