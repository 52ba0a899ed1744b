# SPDX-License-Identifier: Apache-2.0
# The encoder waits until the head has settled; then both are trained.
import torch
from torch import nn
from toy import batches, curve

torch.manual_seed(0)
x, y = curve()
encoder = nn.Sequential(nn.Linear(8, 32), nn.Tanh())
head = nn.Linear(32, 1)
encoder_optimizer = torch.optim.Adam(encoder.parameters(), lr=3e-3)
head_optimizer = torch.optim.Adam(head.parameters(), lr=1e-2)
for step, (xb, yb) in enumerate(batches(x, y, 32, 400)):
    encoder_optimizer.zero_grad()
    head_optimizer.zero_grad()
    loss = nn.functional.mse_loss(head(encoder(xb)), yb)
    loss.backward()
    head_optimizer.step()
    if step >= 100:
        encoder_optimizer.step()
