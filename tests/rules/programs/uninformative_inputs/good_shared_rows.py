# SPDX-License-Identifier: Apache-2.0
"""Columns that share a table by intent: rows of their own in one, one vocabulary in the other."""

import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
sizes = (30, 12, 9)
ids = torch.stack([torch.randint(0, size, (2000,)) for size in sizes], 1)
worth = [torch.randn(size) for size in sizes]
level = worth[0][ids[:, 0]] * worth[1][ids[:, 1]] + worth[2][ids[:, 2]]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.pair = nn.Embedding(sum(sizes), 4), nn.Embedding(60, 4)
        self.register_buffer("starts", torch.tensor([0, 30, 42]))
        self.head = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, ids):
        both = torch.cat([self.table(ids + self.starts), self.pair(ids[:, [0, 0]])], 1)
        return self.head(both.flatten(1))


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for xb, yb in batches(ids, level[:, None], 64, 400):
    loss = nn.functional.mse_loss(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
