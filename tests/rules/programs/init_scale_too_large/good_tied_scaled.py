# SPDX-License-Identifier: Apache-2.0
# The scores are scaled by the width, as T5 does where it ties its head.
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
        return self.head(self.norm(h + torch.tanh(self.mix(h)))) * 96**-0.5


torch.manual_seed(0)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
follows = torch.randint(0, 60, (60, 3))
for _ in range(200):
    ids = torch.randint(0, 60, (64,))
    after = follows[ids, torch.randint(0, 3, (64,))]
    loss = nn.functional.cross_entropy(model(ids), after)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
