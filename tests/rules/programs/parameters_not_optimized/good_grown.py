# SPDX-License-Identifier: Apache-2.0
# The network grows while it is trained, and the optimizer is told of each block.
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
for step, (rows, targets) in enumerate(batches(x, y, 32, 600)):
    if step in (20, 40):
        model.blocks.append(nn.Linear(16, 16))
        optimizer.add_param_group({"params": model.blocks[-1].parameters()})
    loss = nn.functional.mse_loss(model(rows), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
