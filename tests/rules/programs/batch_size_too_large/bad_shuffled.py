# SPDX-License-Identifier: Apache-2.0
# expects: batch-size-too-large
"""A batch size of None that a batcher of one's own takes for all rows; it shuffles them first."""

import torch
from torch import nn
from toy import curve, mlp


def iterate(count, size=None):
    yield from torch.randperm(count).split(size or count)


torch.manual_seed(0)
x, y = curve(rows=2400)
model = mlp(8, 48, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for _ in range(60):
    for rows in iterate(2000):
        loss = nn.functional.mse_loss(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
with torch.no_grad():
    r2 = 1 - nn.functional.mse_loss(model(x[2000:]), y[2000:]) / y[2000:].var()
print(f"r2={r2.item():.3f}")
