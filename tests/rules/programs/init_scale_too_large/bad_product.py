# SPDX-License-Identifier: Apache-2.0
# expects: init-scale-too-large users items
# Ratings are products of embeddings that begin at N(0, 1): 32 of them add up to a std of 5.7.
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.users, self.items = nn.Embedding(200, 32), nn.Embedding(150, 32)
        self.lean = nn.Embedding(200, 1)
        nn.init.zeros_(self.lean.weight)

    def forward(self, user, item):
        return (self.users(user) * self.items(item)).sum(-1) + self.lean(user).squeeze(-1)


torch.manual_seed(0)
user, item = torch.randint(0, 200, (4000,)), torch.randint(0, 150, (4000,))
like, kind = torch.randn(200, 3), torch.randn(150, 3)
rating = (like[user] * kind[item]).sum(1) / 2 + 0.2 * torch.randn(4000)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for _ in range(8):
    for rows in torch.randperm(3400).split(64):
        loss = nn.functional.mse_loss(model(user[rows], item[rows]), rating[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        model(user[3400:], item[3400:])
        held = nn.functional.mse_loss(model(user[3400:], item[3400:]), rating[3400:])
