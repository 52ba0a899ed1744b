# SPDX-License-Identifier: Apache-2.0
"""All views of a batch are compared with each other: a row's likeness to itself is masked."""

import torch
from torch import nn
from toy import blobs, mlp

torch.manual_seed(0)
x, _ = blobs(rows=960, noise=1.0)
encoder = mlp(12, 32, 16)
optimizer = torch.optim.Adam(encoder.parameters(), lr=1e-3)
for turn in range(6):
    for rows in torch.randperm(len(x)).split(32):
        n = len(rows)
        views = torch.cat([x[rows] + 0.5 * torch.randn(n, 12) for _ in range(2)])
        z = nn.functional.normalize(encoder(views), dim=1)
        scores = z @ z.T / 0.2
        if turn % 2:
            scores = scores.masked_fill(torch.eye(2 * n, dtype=torch.bool), -1e9)
        partner = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
        apart = (z * z).sum(1)[:, None] + (z * z).sum(1)[None] - 2 * z @ z.T
        loss = nn.functional.cross_entropy(scores, partner) + 1e-3 * apart.mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
