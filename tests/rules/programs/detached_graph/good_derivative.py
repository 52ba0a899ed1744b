# SPDX-License-Identifier: Apache-2.0
# A rod's equation: the right side is a known curve's second derivative, the network's own one has
# a graph, and its third one is only measured.
import torch
from torch import nn
from toy import mlp


def slope(u, x, keep=True):
    return torch.autograd.grad(u.sum(), x, create_graph=keep, retain_graph=True)[0]


torch.manual_seed(0)
net = mlp(1, 20, 1, activation=nn.Tanh)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
ends = torch.tensor([[0.0], [1.0]])
for step in range(300):
    x = torch.rand(32, 1, requires_grad=True)
    wanted = slope(slope(torch.sin(3.0 * x), x), x, keep=False)
    bent = slope(slope(net(x), x), x)
    if step % 50 == 0:
        print(slope(bent, x, keep=False).abs().mean().item())
    loss = (bent - wanted).pow(2).mean() / 20 + (net(ends) - torch.sin(3.0 * ends)).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
