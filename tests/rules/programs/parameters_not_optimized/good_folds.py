# SPDX-License-Identifier: Apache-2.0
# Fresh layers for each fold, and a fresh optimizer that has them.
import torch
from torch import nn
from toy import batches, blobs, mlp

torch.manual_seed(0)
model = mlp(12, 32, 4, depth=1)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for fold in range(4):
    if fold:  # forgets what the last fold taught
        for place, layer in enumerate(mlp(12, 32, 4, depth=1)):
            model[place] = layer
        optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    x, y = blobs(rows=300, seed=fold)
    for xb, yb in batches(x, y, 32, 80, seed=fold):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
