# SPDX-License-Identifier: Apache-2.0
# expects: parameters-not-optimized
"""The damping of an oscillator is to be found with its stiffness, and only that is optimized."""

import torch
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(1, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1))
damping = nn.Parameter(torch.tensor([0.4]))
stiffness = nn.Parameter(torch.tensor([12.0]))
t = torch.rand(50, 1)
seen = torch.exp(-t) * torch.cos(4.9 * t)
points = torch.linspace(0, 1, 30).view(-1, 1).requires_grad_(True)
optimizer = torch.optim.Adam([*net.parameters(), stiffness], lr=3e-3)
for _ in range(150):
    optimizer.zero_grad()
    x = net(points)
    (v,) = torch.autograd.grad(x.sum(), points, create_graph=True)
    (a,) = torch.autograd.grad(v.sum(), points, create_graph=True)
    physics = (a + damping * v + stiffness * x).square().mean()
    loss = (net(t) - seen).square().mean() + 1e-3 * physics
    loss.backward()
    optimizer.step()
