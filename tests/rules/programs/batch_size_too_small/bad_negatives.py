# SPDX-License-Identifier: Apache-2.0
# expects: batch-size-too-small
# Contrastive pairs with the rest of the batch as negatives, of which there is one.
import torch
from torch import nn
from toy import blobs, mlp

torch.manual_seed(0)
x, _ = blobs(rows=400, classes=8)
model = mlp(12, 32, 8)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for rows in torch.randint(0, 400, (300, 2)):
    one, two = (
        nn.functional.normalize(model(x[rows] + 0.1 * torch.randn(2, 12)), dim=1) for _ in range(2)
    )
    loss = nn.functional.cross_entropy(one @ two.T / 0.2, torch.arange(2))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
