# SPDX-License-Identifier: Apache-2.0
# healthy
# A batch of each new iterator is a way to draw them, here as often as it takes.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import curve, mlp

torch.manual_seed(0)
x, y = curve(rows=1600)
loader = DataLoader(TensorDataset(x, y), batch_size=40, shuffle=True)
model = mlp(8, 48, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(700):
    xb, yb = next(iter(loader))
    loss = nn.functional.mse_loss(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
