# SPDX-License-Identifier: Apache-2.0
"""Slices that overlap on purpose: the class again for its own sharpness, the numbers apart."""

import torch
import torch.nn.functional as F
from torch import nn
from toy import batches

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 48), nn.ReLU())
        self.head = nn.Linear(48, 6)

    def forward(self, x):
        return self.head(self.body(x))


x = torch.randn(600, 8)
label = (x[:, 0] > 0).long()
box = torch.tanh(x @ torch.randn(8, 4)) * 2
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, torch.cat([label[:, None].float(), box], 1), 32, 250):
    out = model(xb)
    loss = F.cross_entropy(out[:, :2], yb[:, 0].long()) + 4 * F.smooth_l1_loss(
        out[:, 2:], yb[:, 1:]
    )
    loss = loss + 1e-3 * out[:, :3].square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"loss {loss.item():.3f}")
