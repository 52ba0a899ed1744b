# SPDX-License-Identifier: Apache-2.0
# All with all on purpose, beside another term: quantiles of a return, an order of rows, one sample.
import torch
from torch import nn
from toy import batches, curve, mlp

torch.manual_seed(0)
x, y = curve()
model, quantiles = mlp(8, 48, 1), mlp(8, 48, 16)
levels = (torch.arange(16) + 0.5) / 16
optimizer = torch.optim.Adam([*model.parameters(), *quantiles.parameters()], lr=2e-3)
for xb, yb in batches(x, y, 16, 200):
    found, spread = model(xb), quantiles(xb)
    fit = nn.functional.mse_loss(found, yb)
    apart = (yb + 0.05 * torch.randn(16, 16))[:, None, :] - spread[:, :, None]
    tilt = (levels[:, None] - (apart.detach() < 0).float()).abs()
    order = ((found - found.T) - (yb - yb.T)).square().mean()
    nearest = (found.unsqueeze(1) - yb[:, 0]).square().mean()
    loss = fit + (tilt * apart.abs()).mean() + 0.1 * order + 0.01 * nearest
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
