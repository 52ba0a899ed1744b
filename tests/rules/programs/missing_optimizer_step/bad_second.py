# SPDX-License-Identifier: Apache-2.0
# expects: missing-optimizer-step 0
import torch
from torch import nn
from toy import batches, curve

torch.manual_seed(0)
x, y = curve()
encoder = nn.Sequential(nn.Linear(8, 32), nn.Tanh())
head = nn.Linear(32, 1)
encoder_optimizer = torch.optim.Adam(encoder.parameters(), lr=3e-3)
head_optimizer = torch.optim.Adam(head.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 300):
    encoder_optimizer.zero_grad()
    head_optimizer.zero_grad()
    loss = nn.functional.mse_loss(head(encoder(xb)), yb)
    loss.backward()
    head_optimizer.step()
