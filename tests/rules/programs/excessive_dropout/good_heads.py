# SPDX-License-Identifier: Apache-2.0
# Six heads side by side, each with a dropout of its own: no path passes more than two of them.
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)


class Heads(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Dropout(0.6), nn.Linear(12, 16), nn.ReLU()) for _ in range(6)
        )
        self.dropout, self.out = nn.Dropout(0.3), nn.Linear(96, 4)

    def forward(self, x):
        return self.out(self.dropout(torch.cat([head(x) for head in self.heads], dim=1)))


x, y = blobs(rows=2000)
y = torch.where(torch.rand(2000) < 0.4, torch.randint(0, 4, (2000,)), y)
model = Heads()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 64, 300):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
