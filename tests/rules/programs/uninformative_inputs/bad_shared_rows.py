# SPDX-License-Identifier: Apache-2.0
# expects: uninformative-inputs table
"""Three columns share one table, each looked up on its own, and none is moved to its rows."""

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
        self.table = nn.Embedding(sum(sizes), 4)
        self.head = nn.Linear(3, 1)

    def forward(self, ids):
        a, b, c = (self.table(ids[:, field]) for field in range(3))
        return self.head(torch.stack([(a * b).sum(1), (b * c).sum(1), (a * c).sum(1)], 1))


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for xb, yb in batches(ids, level[:, None], 64, 300):
    loss = nn.functional.mse_loss(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
