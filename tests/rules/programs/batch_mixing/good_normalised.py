# SPDX-License-Identifier: Apache-2.0
# Columns of norm one are compared column by column (Barlow Twins), rows of norm one row by row.
import torch
from torch.nn.functional import cross_entropy, normalize
from toy import batches, curve, mlp

torch.manual_seed(0)
x, y = curve()
net = mlp(8, 48, 16)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for xb, _ in batches(x, y, 64, 200):
    one, other = (net(xb + 0.1 * torch.randn_like(xb)) for _ in range(2))
    rows = normalize(one, dim=1) @ normalize(other, dim=1).t() / 0.2
    columns = normalize(one - one.mean(0), dim=0).t() @ normalize(other - other.mean(0), dim=0)
    apart = (columns - torch.eye(16)).pow(2).sum()
    loss = cross_entropy(rows, torch.arange(len(xb))) + 0.1 * apart
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
