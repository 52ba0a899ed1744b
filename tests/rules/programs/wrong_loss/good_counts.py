# SPDX-License-Identifier: Apache-2.0
# Counts a cell, mostly none, that thin out upwards, and how many are hit exactly.
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
rates = 2.0 * torch.rand(300, 1, 12, 12) ** 3
counts = torch.poisson(rates).clamp(max=4)
x = rates + 0.05 * torch.randn_like(rates)
model = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 1, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for step, (xb, yb) in enumerate(batches(x, counts, 20, 200)):
    answer = model(xb)
    loss = nn.functional.mse_loss(answer, yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 40 == 39:
        print(f"cell accuracy {(answer.round() == yb).float().mean():.3f}", flush=True)
