# SPDX-License-Identifier: Apache-2.0
# expects: unintended-weight-sharing tables.0
import torch
from torch import nn
from toy import batches, mlp

torch.manual_seed(0)
ids = torch.randint(0, 20, (3000, 4))
effects = torch.randn(4, 20)
y = sum(effects[k][ids[:, k]] for k in range(4))[:, None] / 2


class Columns(nn.Module):
    def __init__(self):
        super().__init__()
        self.tables = nn.ModuleList([nn.Embedding(20, 2)] * 4)
        self.head = mlp(8, 16, 1, depth=1)

    def forward(self, ids):
        vectors = [table(ids[:, k]) for k, table in enumerate(self.tables)]
        return self.head(torch.cat(vectors, 1))


model = Columns()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for xb, yb in batches(ids, y, 64, 600):
    loss = nn.functional.mse_loss(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
