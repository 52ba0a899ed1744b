# SPDX-License-Identifier: Apache-2.0
"""Hours of a week by the hour of the day, hashes in a full table, and ids wrapped for safety."""

import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
raw = torch.stack([torch.randint(0, n, (1500,)) for n in (168, 20000, 20)], 1)
level = torch.randn(24)[raw[:, 0] % 24] + 0.7 * torch.randn(20)[raw[:, 2]]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hours = nn.Embedding(24, 8)
        self.hashes = nn.Embedding(300, 8)
        self.things = nn.Embedding(1000, 8)
        self.head = nn.Sequential(nn.Linear(24, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, raw):
        hour, code, thing = raw.unbind(1)
        parts = self.hours(hour % 24), self.hashes(code % 300), self.things(thing % 1000)
        return self.head(torch.cat(parts, 1))


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for xb, yb in batches(raw, level[:, None], 64, 300):
    loss = nn.functional.mse_loss(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
