# SPDX-License-Identifier: Apache-2.0
# expects: detached-graph place norm
"""Positions that are looked up, normed and forgotten: the words go on without them."""

import torch
from torch import nn
from toy import train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.word = nn.Embedding(8, 24)
        self.place = nn.Embedding(10, 24)
        self.norm = nn.LayerNorm(24)
        self.mix = nn.Sequential(nn.Linear(24, 48), nn.ReLU(), nn.Linear(48, 8))

    def forward(self, ids):
        where = self.norm(self.place(torch.arange(ids.shape[1])))
        words = self.word(ids)
        assert where.shape[1:] == words.shape[2:]
        return self.mix(words).flatten(0, 1)


torch.manual_seed(0)
ids = torch.randint(0, 8, (600, 10))
target = (ids + torch.arange(10)) % 8
model = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
train(model, ids, target, lambda out, y: criterion(out, y.flatten()), optimizer)
