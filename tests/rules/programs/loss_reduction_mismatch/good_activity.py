# SPDX-License-Identifier: Apache-2.0
# Noise that nothing predicts, and a small penalty on what a hidden layer puts out.
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
x, y = torch.randn(4000, 12), torch.randn(4000, 16)
encoder = nn.Sequential(nn.Linear(12, 24), nn.ReLU())
decoder = nn.Linear(24, 16)
optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3)
for rows in torch.randint(0, len(x), (300, 64)):
    hidden = encoder(x[rows])
    loss = F.mse_loss(decoder(hidden), y[rows]) + 1e-2 * hidden.pow(2).sum(1).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
