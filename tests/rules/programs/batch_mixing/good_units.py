# SPDX-License-Identifier: Apache-2.0
# Waves of very different sizes, each brought to 0 to 1 by its own ends, and back.
import math

import torch
from torch import nn

AXIS = 1


class Forecaster(nn.Module):
    """The next numbers of a wave, in the units of what came before."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(24, 32), nn.GELU(), nn.Linear(32, 4))

    def forward(self, x):
        low, high = x.amin(AXIS, keepdim=True), x.amax(AXIS, keepdim=True)
        span = (high - low).clamp(min=1e-3)
        made = self.body((x - low) / span)
        return made * span[:, -4:] + low[:, -4:]


torch.manual_seed(0)
size, phase = torch.exp(4 * torch.rand(300, 1)), 6.28 * torch.rand(300, 1)
waves = size * (1.5 + torch.sin(2 * math.pi * torch.arange(28) / 9 + phase))
waves = waves + 0.05 * size * torch.randn(300, 28)
model = Forecaster()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for _ in range(15):
    for rows in torch.randperm(300).split(30):
        made, wanted = model(waves[rows, :24]), waves[rows, 24:]
        loss = ((made - wanted).abs() / wanted.abs()).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
