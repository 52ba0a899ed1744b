# SPDX-License-Identifier: Apache-2.0
# A highway: what comes of the stem goes past the layer, as far as the gate lets it.
# Most of the targets is noise, so that little of them can be learnt.
import torch
from torch import nn
from toy import batches, curve


class Highway(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.mix = nn.Linear(size, size)
        self.gate = nn.Linear(size, size)

    def forward(self, x):
        gate = torch.sigmoid(self.gate(x))
        return gate * torch.relu(self.mix(x)) + (1 - gate) * x


torch.manual_seed(0)
x, y = curve()
y = (y + 1.3 * torch.randn_like(y)) / 1.64
model = nn.Sequential(nn.Linear(8, 24), Highway(24), nn.Linear(24, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for xb, yb in batches(x, y, 32, 250):
    loss = nn.functional.mse_loss(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
