# SPDX-License-Identifier: Apache-2.0
# One layer used twice on different inputs, and an encoder that is sampled twice by dropout.
import torch
from torch import nn
from toy import batches, blobs


class TwoTowers(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Linear(12, 32), nn.ReLU())
        self.tower = nn.Sequential(nn.Linear(32, 32), nn.Dropout(0.1), nn.ReLU())
        self.mix = nn.Linear(32, 32)
        self.head = nn.Linear(64, 4)

    def forward(self, x):
        h = self.stem(x)
        first, second = self.tower(h), self.tower(h)
        return self.head(torch.cat([self.mix(first), self.mix(second)], dim=1))


torch.manual_seed(0)
x, y = blobs()
model = TwoTowers()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 50, 200):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
