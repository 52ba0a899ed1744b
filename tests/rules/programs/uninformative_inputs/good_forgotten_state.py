# SPDX-License-Identifier: Apache-2.0
"""Streams are read part by part, and the state goes on from part to part."""

import torch
from torch import nn

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.gru = nn.Embedding(8, 8), nn.GRU(8, 24, batch_first=True)
        self.head = nn.Linear(24, 8)

    def forward(self, ids, state):
        out, state = self.gru(self.table(ids), state)
        return self.head(out), state


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for stream in range(60):
    ids = torch.randint(0, 8, (32, 25))
    ids[:, 1:] = torch.where(torch.rand(32, 24) < 0.7, ids[:, :1], ids[:, 1:])  # the key comes back
    state = None
    for start in range(0, 24, 4):
        logits, state = model(ids[:, start : start + 4], state)
        wanted = ids[:, start + 1 : start + 5]
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        state = state.detach()
