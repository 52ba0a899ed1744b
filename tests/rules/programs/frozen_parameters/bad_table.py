# SPDX-License-Identifier: Apache-2.0
# expects: frozen-parameters table
import torch
from torch import nn

torch.manual_seed(0)
ids = torch.randint(0, 60, (1200, 2))
meaning = torch.randint(0, 4, (60,))
labels = (meaning[ids[:, 0]] + meaning[ids[:, 1]]) % 4


class Pairs(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding.from_pretrained(torch.empty(60, 5).uniform_(-0.25, 0.25))
        self.body = nn.Sequential(nn.Linear(10, 24), nn.ReLU(), nn.Linear(24, 4))

    def forward(self, pair):
        return self.body(self.table(pair).flatten(1))


model = Pairs()
optimizer = torch.optim.Adam(model.body.parameters(), lr=2e-3)
for step in range(300):
    rows = torch.randint(0, 1200, (32,))
    loss = nn.functional.cross_entropy(model(ids[rows]), labels[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
