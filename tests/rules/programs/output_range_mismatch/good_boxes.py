# SPDX-License-Identifier: Apache-2.0
# What a thing is, and where it is, as a share of the picture; and a codebook beside a ReLU.
import torch
from torch import nn
from toy import batches, mlp

torch.manual_seed(0)
where = 4 + 24 * torch.rand(900, 2)
kind = (torch.rand(900) < 0.5).float()
axis = torch.arange(32.0)
x = torch.cat([torch.exp(-((axis - where[:, i : i + 1]) ** 2) / 8) for i in (0, 1)], 1)
x = x * (1 + kind[:, None])


class Finder(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(mlp(64, 48, 48), nn.ReLU())
        self.codes = nn.Parameter(0.2 * torch.randn(32, 48))
        self.place = nn.Sequential(nn.Linear(48, 2), nn.Sigmoid())
        self.kind = nn.Sequential(nn.Linear(48, 1), nn.Sigmoid())

    def forward(self, x):
        h = self.body(x)
        nearest = self.codes[torch.cdist(h.detach(), self.codes).argmin(1)]
        return self.kind(h).squeeze(1), self.place(h), h, nearest


model = Finder()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
both = torch.cat([kind[:, None], where], 1)
for xb, yb in batches(x, both, 32, 250):
    score, place, h, code = model(xb)
    error = nn.functional.binary_cross_entropy(score, yb[:, 0])
    loss = error + 0.5 * nn.functional.l1_loss(place, yb[:, 1:] / 32)
    mse = nn.functional.mse_loss
    loss = loss + 0.1 * mse(h, code.detach()) + 0.1 * mse(code, h.detach())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
