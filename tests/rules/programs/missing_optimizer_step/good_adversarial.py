# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs()
model = mlp(12, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for xb, yb in batches(x, y, 32, 200):
    shift = torch.zeros_like(xb, requires_grad=True)
    for _ in range(4):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(xb + shift), yb).backward()
        shift = (shift + 0.02 * shift.grad.sign()).detach().requires_grad_()
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(xb + shift.detach()), yb).backward()
    optimizer.step()
