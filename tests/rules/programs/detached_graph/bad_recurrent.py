# SPDX-License-Identifier: Apache-2.0
# expects: detached-graph cell
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)


class Recall(nn.Module):
    def __init__(self, detach=True):
        super().__init__()
        self.detach = detach
        self.cell = nn.RNNCell(8, 16)
        self.head = nn.Linear(16, 8)

    def forward(self, x):
        h = torch.zeros(len(x), 16)
        for t in range(x.shape[1]):
            h = self.cell(x[:, t], h.detach() if self.detach else h)
        return self.head(h)


model = Recall()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for _ in range(300):
    ids = torch.randint(0, 8, (32, 8))
    loss = F.cross_entropy(model(F.one_hot(ids, 8).float()), ids[:, 0])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
