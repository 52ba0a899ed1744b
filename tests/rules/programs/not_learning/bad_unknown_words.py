# SPDX-License-Identifier: Apache-2.0
# expects: not-learning
# Rows of fillers and of rare words, which a vocabulary of the commonest ten does not know.
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
topic = torch.randint(0, 4, (1800,))
fillers = torch.randint(1, 11, (1800, 12))
known = torch.cat([fillers, torch.zeros(1800, 6, dtype=torch.long)], 1)
ids = known.gather(1, torch.rand(1800, 18).argsort(1))


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(11, 32)
        self.head = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 4))

    def forward(self, ids):
        return self.head(self.table(ids).mean(1))


model = Reader()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(ids, topic, 50, 300):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
