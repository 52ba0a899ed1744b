# SPDX-License-Identifier: Apache-2.0
# Clouds of points, one a step, cleaned in the units of the cloud.
import torch
from torch import nn
from toy import mlp


class Cleaner(nn.Module):
    """Moves each point of a cloud, measured by all of them."""

    def __init__(self):
        super().__init__()
        self.body = mlp(3, 32, 3)

    def forward(self, x):
        middle, spread = x.mean(0, keepdim=True), x.std(0, keepdim=True)
        return self.body((x - middle) / spread) * spread + middle


torch.manual_seed(0)
sphere = nn.functional.normalize(torch.randn(40, 60, 3), dim=-1)
clean = 5 * torch.rand(40, 1, 1) * sphere + torch.randn(40, 1, 3)
noisy = clean + 0.1 * torch.randn(40, 60, 3)
model = Cleaner()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for step in torch.randint(0, 40, (200,)):
    points = torch.randperm(60)
    loss = nn.functional.mse_loss(model(noisy[step, points]), clean[step, points])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
