# SPDX-License-Identifier: Apache-2.0
# expects: not-learning
# Bags of measurements whose owners are mixed up: nothing is learnt, and the targets are right.
import torch
from torch import nn
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs()
own, head = mlp(12, 32, 32), mlp(32, 32, 4)


class Bags(nn.Module):
    def __init__(self):
        super().__init__()
        self.own, self.head = own, head

    def forward(self, items, owner):
        sums = torch.zeros(24, 32).index_add_(0, owner, self.own(items))
        return self.head(sums / torch.bincount(owner, minlength=24).clamp(min=1)[:, None])


model = Bags()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for _ in range(10):
    for rows in torch.randperm(len(x)).split(24):
        many = torch.randint(3, 12, (24,))
        owner = torch.repeat_interleave(torch.arange(24), many)
        items = x[rows][owner] + 0.3 * torch.randn(len(owner), 12)
        mixed = owner[torch.randperm(len(owner))]
        loss = nn.functional.cross_entropy(model(items, mixed), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
