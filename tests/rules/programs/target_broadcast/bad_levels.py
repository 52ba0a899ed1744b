# SPDX-License-Identifier: Apache-2.0
# expects: target-broadcast
# Twelve quantiles of each row against twelve samples of its pay: the levels lie along the samples.
import torch
from torch import nn
from torch.nn import functional

torch.manual_seed(0)
QUANTILES = 12
LEVELS = ((torch.arange(QUANTILES) + 0.5) / QUANTILES).view(1, QUANTILES, 1)
net = nn.Sequential(nn.Linear(2, 48), nn.ReLU(), nn.Linear(48, QUANTILES))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for _ in range(200):
    x = torch.rand(32, 2) * 2 - 1
    pay = x[:, :1] + (0.5 + x[:, 1:] ** 2) * torch.empty(32, QUANTILES).exponential_()
    told, given = net(x).unsqueeze(1), pay.unsqueeze(2)
    shape = (32, QUANTILES, QUANTILES)
    error = functional.smooth_l1_loss(told.expand(shape), given.expand(shape), reduction="none")
    below = given < told.detach()
    loss = (torch.where(below, 1 - LEVELS, LEVELS) * error).sum(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
