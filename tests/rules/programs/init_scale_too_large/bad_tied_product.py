# SPDX-License-Identifier: Apache-2.0
# expects: init-scale-too-large table
# The scores are a product by the table, written out.
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(60, 96)
        self.mix = nn.Linear(96, 96)
        self.norm = nn.LayerNorm(96)

    def forward(self, ids):
        h = self.table(ids)
        return self.norm(h + torch.tanh(self.mix(h))) @ self.table.weight.T


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
