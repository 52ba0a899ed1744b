# SPDX-License-Identifier: Apache-2.0
# Each row's likelihood, and what is left of each row at the times of all, on purpose.
import torch
from torch import nn
from toy import batches, mlp


class Survival(nn.Module):
    def __init__(self):
        super().__init__()
        self.rate = mlp(8, 32, 1)
        self.log_shape = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return self.rate(x).squeeze(1), self.log_shape.exp()


torch.manual_seed(0)
x = torch.randn(1500, 8)
death = -torch.rand(1500).log() / (1.5 * x[:, 0] - x[:, 1]).exp()
censored = 2 * torch.rand(1500)
told = torch.stack([torch.minimum(death, censored).clamp(min=1e-4), (death <= censored).float()], 1)
net = Survival()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for xb, yb in batches(x, told, 32, 300):
    rate, shape = net(xb)
    logs, event = yb[:, 0].log(), yb[:, 1]
    hazard = shape.log() + rate + (shape - 1) * logs
    loss = -(event * hazard - (rate + shape * logs).exp()).mean()
    left = (-(rate.unsqueeze(1) + shape * logs).exp()).exp()  # of each row at the times of all
    alive = (logs.unsqueeze(0) < logs.unsqueeze(1)).float()
    loss = loss + 0.1 * (alive * (1 - left)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
