# SPDX-License-Identifier: Apache-2.0
# A step of a Gibbs chain of a machine of Gaussian units: the draws are meant to be taken as they are.
import torch
from torch import nn
from toy import batches, blobs


class Machine(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = nn.Linear(12, 16)
        self.down = nn.Linear(16, 12)

    def energy(self, x):
        return 0.5 * ((x - self.down.bias) ** 2).sum(1) - nn.functional.softplus(self.up(x)).sum(1)

    def forward(self, x):
        hidden = torch.normal(self.up(x), 1.0)
        return torch.normal(self.down(hidden), 1.0)


torch.manual_seed(0)
x, y = blobs()
model = Machine()
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
for xb, _ in batches(x, y, 64, 200):
    fantasy = model(xb).detach()
    loss = (model.energy(xb) - model.energy(fantasy)).mean()
    loss = loss + 1e-3 * model.down(model.up(xb)).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
