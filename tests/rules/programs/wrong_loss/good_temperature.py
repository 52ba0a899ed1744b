# SPDX-License-Identifier: Apache-2.0
# Two noisy views of a row find each other among the batch's; their cosines are over 0.07.
import torch
from torch import nn
from toy import blobs, mlp

torch.manual_seed(0)
x, _ = blobs(rows=960, noise=1.0)
left, right = mlp(12, 32, 16), mlp(12, 32, 16)
optimizer = torch.optim.Adam([*left.parameters(), *right.parameters()], lr=1e-3)
temperature = 0.07
for _ in range(5):
    for rows in torch.randperm(len(x)).split(32):
        noise = 0.2 * torch.randn(2, len(rows), 12)
        one, other = left(x[rows] + noise[0]), right(x[rows] + noise[1])
        one = one / one.norm(dim=1, keepdim=True)
        table = one @ nn.functional.normalize(other, dim=1).T / temperature
        loss = nn.functional.cross_entropy(table, torch.arange(len(rows)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
