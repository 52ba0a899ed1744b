# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import batches, curve, mlp

torch.manual_seed(0)
x, y = curve()
model = mlp(8, 64, 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 300):
    loss = ((model(xb) - yb) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 0.5)
    optimizer.step()
