# SPDX-License-Identifier: Apache-2.0
# expects: parameters-not-optimized 0 2
import torch
from torch import nn
from toy import batches, blobs, mlp

torch.manual_seed(0)
model = mlp(12, 32, 4, depth=1)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for fold in range(4):
    if fold:  # forgets what the last fold taught, and what the optimizer holds
        for place, layer in enumerate(mlp(12, 32, 4, depth=1)):
            model[place] = layer
    x, y = blobs(rows=300, seed=fold)
    for xb, yb in batches(x, y, 32, 80, seed=fold):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
