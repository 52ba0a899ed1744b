# SPDX-License-Identifier: Apache-2.0
# The 40 rows that have labels, copied out at each step; all others of the tensor are held out.
import torch
from torch import nn
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=600, noise=1.0)
labelled = torch.arange(40)
model = mlp(12, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for _ in range(60):
    loss = nn.functional.cross_entropy(model(x[labelled]), y[labelled])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    right = (model(x[40:]).argmax(1) == y[40:]).float().mean().item()
print(f"FINAL accuracy={right:.3f}")
