# SPDX-License-Identifier: Apache-2.0
# expects: init-scale-too-large table head
# The head's weights are the table's, which keeps an embedding's std of 1.
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(60, 96)
        self.mix = nn.Linear(96, 96)
        self.norm = nn.LayerNorm(96)
        self.head = nn.Linear(96, 60, bias=False)
        self.head.weight = self.table.weight

    def forward(self, ids):
        h = self.table(ids)
        return self.head(self.norm(h + torch.tanh(self.mix(h))))


torch.manual_seed(0)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
follows = torch.randint(0, 60, (60, 3))
for _ in range(120):
    ids = torch.randint(0, 60, (64,))
    after = follows[ids, torch.randint(0, 3, (64,))]
    loss = nn.functional.cross_entropy(model(ids), after)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
