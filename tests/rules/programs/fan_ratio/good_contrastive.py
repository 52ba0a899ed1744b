# SPDX-License-Identifier: Apache-2.0
# A contrastive loss: its classes are the other rows of the batch, no layer has as many outputs.
import torch
from torch import nn
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=2000, classes=4, features=12)
model = nn.Sequential(mlp(12, 64, 8), nn.ReLU(), nn.Linear(8, 8))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for xb, _ in batches(x, y, 64, 400):
    a, b = (nn.functional.normalize(model(xb + torch.randn_like(xb)), dim=1) for _ in range(2))
    loss = nn.functional.cross_entropy(a @ b.T / 0.3, torch.arange(len(xb)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
