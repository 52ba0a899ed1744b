# SPDX-License-Identifier: Apache-2.0
# expects: vanishing-gradients inp rec
# The first state is zero for all rows: what `rec` makes of it is equal, and nobody's fault.
import torch
from torch import nn

torch.manual_seed(0)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(4, 16)
        self.inp = nn.Linear(16, 32)
        self.rec = nn.Linear(32, 32, bias=False)
        self.out = nn.Linear(32, 4)

    def forward(self, ids):
        x = self.inp(self.embed(ids))
        h = torch.zeros(len(ids), 32)
        for t in range(ids.shape[1]):
            h = torch.sigmoid(x[:, t] + self.rec(h))
        return self.out(h)


model = Recurrent()
optimizer = torch.optim.Adam(model.parameters(), lr=8e-3)
for _ in range(300):
    ids = torch.randint(0, 4, (64, 12))
    loss = nn.functional.cross_entropy(model(ids), ids[:, 0])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
