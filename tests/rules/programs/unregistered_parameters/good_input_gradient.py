# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import mlp

torch.manual_seed(0)
model = mlp(1, 32, 1, activation=nn.Tanh)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for step in range(200):
    t = torch.rand(64, 1, requires_grad=True)
    u = 1 + t * model(t)
    (slope,) = torch.autograd.grad(u.sum(), t, create_graph=True)
    loss = ((slope + u) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
