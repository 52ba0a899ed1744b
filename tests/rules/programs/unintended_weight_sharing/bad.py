# SPDX-License-Identifier: Apache-2.0
# expects: unintended-weight-sharing heads.0
import torch
from torch import nn
from toy import batches


class Several(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(6, 32), nn.ReLU())
        self.heads = nn.ModuleList([nn.Linear(32, 1)] * 3)

    def forward(self, x):
        h = self.trunk(x)
        return torch.cat([head(h) for head in self.heads], dim=1)


torch.manual_seed(0)
x = torch.randn(600, 6)
y = torch.stack([x[:, 0], x[:, 1] * x[:, 2], x[:, 3].sin()], dim=1)
model = Several()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 50, 300):
    loss = nn.functional.mse_loss(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
