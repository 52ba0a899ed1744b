# SPDX-License-Identifier: Apache-2.0
# One block under several names, one after another: layers that share their weights on purpose.
import torch
from torch import nn
from toy import batches, mlp

torch.manual_seed(0)
ids = torch.randint(0, 20, (3000, 4))
effects = torch.randn(4, 20)
y = sum(effects[k][ids[:, k]] for k in range(4))[:, None] / 2 + torch.randn(3000, 1) / 2


class Rounds(nn.Module):
    def __init__(self):
        super().__init__()
        self.tables = nn.ModuleList([nn.Embedding(20, 4) for _ in range(4)])
        self.rounds = nn.ModuleList([mlp(16, 32, 16, depth=1)] * 3)
        self.head = nn.Linear(16, 1)

    def forward(self, ids):
        h = torch.cat([table(ids[:, k]) for k, table in enumerate(self.tables)], 1)
        for block in self.rounds:
            h = h + block(h)
        return self.head(h)


model = Rounds()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for xb, yb in batches(ids, y, 64, 400):
    loss = nn.functional.mse_loss(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
