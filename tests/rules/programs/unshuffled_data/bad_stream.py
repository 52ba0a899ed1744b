# SPDX-License-Identifier: Apache-2.0
# expects: unshuffled-data
# Shards of one class each, shuffled inside only; the rate is fine for rows that are mixed.
import torch
from torch import nn
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(classes=5, noise=1.0)
model = mlp(12, 48, 5)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for _ in range(12):
    for shard in range(5):
        rows = torch.nonzero(y == shard)[:, 0]
        for picked in rows[torch.randperm(len(rows))].split(24):
            loss = nn.functional.cross_entropy(model(x[picked]), y[picked])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
