# SPDX-License-Identifier: Apache-2.0
# expects: wrong-loss
"""A siamese network whose cosine is taken of one branch's result and itself."""

import torch
from torch import nn
from toy import blobs, mlp

torch.manual_seed(0)
x, _ = blobs(rows=960, noise=1.0)
encoder = mlp(12, 32, 16)
optimizer = torch.optim.Adam(encoder.parameters(), lr=1e-3)
for _ in range(5):
    for rows in torch.randperm(len(x)).split(32):
        one, other = (encoder(x[rows] + 0.5 * torch.randn(len(rows), 12)) for _ in range(2))
        loss = 1.0 - nn.functional.cosine_similarity(one, one).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
