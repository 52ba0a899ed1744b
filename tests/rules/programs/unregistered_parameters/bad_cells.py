# SPDX-License-Identifier: Apache-2.0
# expects: unregistered-parameters
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
ids = torch.randint(0, 6, (800, 8))
label = ids[:, 2]


class Stack(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(6, 12)
        self.cells = [nn.GRUCell(12, 24), nn.GRUCell(24, 24)]
        self.head = nn.Linear(24, 6)

    def forward(self, ids):
        state = [torch.zeros(len(ids), 24) for _ in self.cells]
        for x in self.embedding(ids).unbind(1):
            for k, cell in enumerate(self.cells):
                x = state[k] = cell(x, state[k])
        return self.head(x)


model = Stack()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for xb, yb in batches(ids, label, 32, 150):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
