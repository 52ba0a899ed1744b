# SPDX-License-Identifier: Apache-2.0
# expects: parameters-not-optimized blocks.0 blocks.1
# The network grows while it is trained; the optimizer holds what it had at first.
import torch
from torch import nn
from toy import batches, curve


class Growing(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(8, 16)
        self.blocks = nn.ModuleList()
        self.last = nn.Linear(16, 1)

    def forward(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = block(x).relu()
        return self.last(x)


torch.manual_seed(0)
x, y = curve()
model = Growing()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for step, (rows, targets) in enumerate(batches(x, y, 32, 300)):
    if step in (20, 40):
        model.blocks.append(nn.Linear(16, 16))
    loss = nn.functional.mse_loss(model(rows), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
