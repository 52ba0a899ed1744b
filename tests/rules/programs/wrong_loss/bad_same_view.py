# SPDX-License-Identifier: Apache-2.0
# expects: wrong-loss
"""Two noisy views are encoded, and the first is compared with itself."""

import torch
from torch import nn
from toy import blobs, mlp

torch.manual_seed(0)
x, _ = blobs(rows=960, noise=1.0)
encoder = mlp(12, 32, 16)
heat = nn.Parameter(torch.tensor(1.6))
optimizer = torch.optim.Adam([*encoder.parameters(), heat], lr=1e-3)
for _ in range(5):
    for rows in torch.randperm(len(x)).split(32):
        noise = 0.5 * torch.randn(2, len(rows), 12)
        one, other = (nn.functional.normalize(encoder(x[rows] + n), dim=1) for n in noise)
        table = torch.einsum("id,jd->ij", one, one) * heat.exp()
        loss = nn.functional.cross_entropy(table, torch.arange(len(rows)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
