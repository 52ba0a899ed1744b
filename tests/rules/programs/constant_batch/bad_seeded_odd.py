# SPDX-License-Identifier: Apache-2.0
# expects: constant-batch
# A generator that begins anew at each draw, of 40 rows: no power of two, and no loader tells.
import torch
from torch import nn
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=1200, noise=1.0)


def draw():
    rows = torch.randperm(900, generator=torch.Generator().manual_seed(1))[:40]
    return x[rows], y[rows]


model = mlp(12, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for step in range(200):
    inputs, answers = draw()
    loss = nn.functional.cross_entropy(model(inputs), answers)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 49:
        with torch.no_grad():
            right = (model(x[900:]).argmax(1) == y[900:]).float().mean().item()
print(f"FINAL accuracy={right:.3f}")
