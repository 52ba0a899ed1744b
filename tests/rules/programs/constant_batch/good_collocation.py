# SPDX-License-Identifier: Apache-2.0
# The same 64 points at each step, made anew, on which a function is wanted; a finer grid tests it.
import math

import torch
from torch import nn
from torch.nn import functional

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for _ in range(400):
    t = torch.linspace(-1, 1, 64).reshape(-1, 1)
    loss = functional.mse_loss(model(t), torch.sin(math.pi * t))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    t = torch.linspace(-1, 1, 1000).reshape(-1, 1)
    error = functional.mse_loss(model(t), torch.sin(math.pi * t)).item()
print(f"FINAL mse={error:.4f}")
