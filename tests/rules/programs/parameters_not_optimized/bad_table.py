# SPDX-License-Identifier: Apache-2.0
# expects: parameters-not-optimized table
# The table grows after the optimizer was made, before the first step.
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
ids = torch.randint(0, 40, (1000, 6))
label = (ids % 4 == 0).sum(1).clamp(max=2)


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(20, 4)
        self.head = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))

    def forward(self, ids):
        return self.head(self.table(ids).mean(1))


model = Reader()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
model.table = nn.Embedding(40, 4)
for xb, yb in batches(ids, label, 32, 300):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
