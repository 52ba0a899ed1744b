# SPDX-License-Identifier: Apache-2.0
# expects: uninformative-inputs first second
"""Messages of a graph are made of the node that gets them, by a network and by scatter_add."""

import torch
from torch import nn

torch.manual_seed(0)
kind = torch.randint(0, 3, (300,))
near = torch.triu(torch.rand(300, 300) < torch.where(kind[:, None] == kind, 0.06, 0.004), 1)
edges = torch.cat([near.nonzero().T, near.nonzero().T.flip(0)], 1)
x = torch.randn(3, 8)[kind] * 0.4 + torch.randn(300, 8)


class Layer(nn.Module):
    def __init__(self, width, out):
        super().__init__()
        self.own, self.around = nn.Linear(width, out), nn.Linear(width, out)

    def forward(self, x, edges):
        sent = torch.relu(self.around(x.index_select(0, edges[1])))
        place = edges[1][:, None].expand_as(sent)
        total = torch.zeros(len(x), sent.shape[1]).scatter_add(0, place, sent)
        return self.own(x) + total / 10


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = Layer(8, 16), Layer(16, 3)

    def forward(self, x, edges):
        return self.second(torch.relu(self.first(x, edges)), edges)


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(120):
    loss = nn.functional.cross_entropy(net(x, edges)[:100], kind[:100])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 0:
        with torch.no_grad():
            right = (net(x, edges).argmax(1) == kind)[100:].float().mean()
        print(f"test accuracy {right:.3f}")
