# SPDX-License-Identifier: Apache-2.0
"""Attention over the neighbours: shares are made at the receiving node, values at the sender.

Besides, a normalisation by graph, whose mean is taken and added up by one and the same index.
"""

import torch
from torch import nn

torch.manual_seed(0)
kind = torch.randint(0, 3, (300,))
near = torch.triu(torch.rand(300, 300) < torch.where(kind[:, None] == kind, 0.06, 0.004), 1)
edges = torch.cat([near.nonzero().T, near.nonzero().T.flip(0)], 1)
x = torch.randn(3, 8)[kind] * 0.4 + torch.randn(300, 8)
graph = torch.arange(300) // 100


class Layer(nn.Module):
    def __init__(self, width, out):
        super().__init__()
        self.own, self.value = nn.Linear(width, out), nn.Linear(width, out)
        self.ask = nn.Linear(width, 2)
        self.share = nn.Linear(4, 2)

    def forward(self, x, edges):
        source, target = edges
        mean = torch.zeros(3, x.shape[1]).index_add(0, graph, x) / 100
        x = x - mean[graph]
        size = torch.zeros(3, x.shape[1]).index_add(0, graph, x**2) / 100
        x = x / (size[graph] + 1e-3).sqrt()
        asked = self.ask(x)
        score = self.share(torch.cat([asked[source], asked[target]], 1)).exp()
        total = torch.zeros(len(x), 2).index_add(0, target, score)
        share = (score / (total[target] + 1e-6)).mean(1, keepdim=True)
        sent = self.value(x)[source] * share
        return self.own(x) + torch.zeros(len(x), sent.shape[1]).index_add(0, target, sent)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = Layer(8, 16), Layer(16, 3)

    def forward(self, x, edges):
        return self.second(torch.relu(self.first(x, edges)), edges)


net = Net()
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2, weight_decay=0.1)
for step in range(60):
    loss = nn.functional.cross_entropy(net(x, edges)[:200], kind[:200])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
