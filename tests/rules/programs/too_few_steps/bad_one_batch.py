# SPDX-License-Identifier: Apache-2.0
# expects: too-few-steps
# One batch an epoch, as a limit that was put in for a test leaves.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import curve, mlp

torch.manual_seed(0)
x, y = curve(rows=6000)
loader = DataLoader(TensorDataset(x, y), batch_size=200, shuffle=True)
model = mlp(8, 48, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(200):
    xb, yb = next(iter(loader))
    loss = nn.functional.mse_loss(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
