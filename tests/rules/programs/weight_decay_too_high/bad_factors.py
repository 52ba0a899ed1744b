# SPDX-License-Identifier: Apache-2.0
# expects: weight-decay-too-high users items
"""A factorization of ratings whose tables a penalty in Adam holds at zero."""

import torch
from torch import nn

torch.manual_seed(0)
p, q = torch.randn(120, 3), torch.randn(80, 3)
user, item = torch.randint(0, 120, (6000,)), torch.randint(0, 80, (6000,))
stars = 0.6 * (p[user] * q[item]).sum(1) + 0.1 * torch.randn(6000)


class Factors(nn.Module):
    def __init__(self):
        super().__init__()
        self.users, self.items = nn.Embedding(120, 8), nn.Embedding(80, 8)
        nn.init.normal_(self.users.weight, std=0.1)
        nn.init.normal_(self.items.weight, std=0.1)

    def forward(self, user, item):
        return (self.users(user) * self.items(item)).sum(1)


model = Factors()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3, weight_decay=2e-2)
for _ in range(4):
    for rows in torch.randperm(6000).split(64):
        loss = nn.functional.mse_loss(model(user[rows], item[rows]), stars[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
