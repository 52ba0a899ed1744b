# SPDX-License-Identifier: Apache-2.0
"""What follows two symbols of eight: the same few contexts come again and again."""

import torch
from torch import nn

torch.manual_seed(0)
table = torch.softmax(0.5 * torch.randn(8, 8, 8), dim=-1)
context = torch.randint(0, 8, (4000, 2))
y = torch.multinomial(table[context[:, 0], context[:, 1]], 1).squeeze(1)
model = nn.Sequential(
    nn.Embedding(8, 16), nn.Flatten(), nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 8)
)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for _ in range(6):
    for rows in torch.randperm(4000).split(64):
        loss = nn.functional.cross_entropy(model(context[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
