# SPDX-License-Identifier: Apache-2.0
# expects: detached-graph
# A rod's equation, u'' = f: the last derivative is taken without a graph, so that only the ends
# are learnt.
import torch
from torch import nn
from toy import mlp


def slope(u, x, keep=True):
    return torch.autograd.grad(u.sum(), x, create_graph=keep, retain_graph=True)[0]


torch.manual_seed(0)
net = mlp(1, 20, 1, activation=nn.Tanh)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
ends = torch.tensor([[0.0], [1.0]])
for _ in range(150):
    x = torch.rand(32, 1, requires_grad=True)
    u = net(x)
    bent = slope(slope(u, x), x, keep=False)
    inside = (bent + 3.0 * torch.sin(3.0 * x)).pow(2).mean()
    loss = inside + (net(ends) - ends).pow(2).mean() + 0.1 * u.pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
