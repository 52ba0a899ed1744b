# SPDX-License-Identifier: Apache-2.0
# expects: uninformative-inputs table
"""Ids are wrapped at the table's width, so that a dozen rows stand for two hundred things."""

import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
ids = torch.randint(0, 200, (1500,))
level = torch.randn(200)[ids][:, None]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(200, 12)
        self.head = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, ids):
        return self.head(self.table(ids % self.table.embedding_dim))


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for xb, yb in batches(ids, level, 64, 300):
    loss = nn.functional.mse_loss(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
