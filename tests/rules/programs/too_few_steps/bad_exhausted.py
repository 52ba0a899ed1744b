# SPDX-License-Identifier: Apache-2.0
# expects: too-few-steps
"""Numbered batches that are made before the epochs, of which only the first has any."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import curve, mlp

torch.manual_seed(0)
loader = DataLoader(TensorDataset(*curve(rows=3000)), batch_size=50, shuffle=True)
model = mlp(8, 48, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
numbered = enumerate(loader)
for epoch in range(20):
    for _, (xb, yb) in numbered:
        loss = nn.functional.mse_loss(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
