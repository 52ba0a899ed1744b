# SPDX-License-Identifier: Apache-2.0
# expects: detached-graph heads.1.0 heads.1.2
# Equal heads of two tasks, side by side: the second one's loss is left out.
import torch
from torch import nn
from toy import curve

torch.manual_seed(0)
x, y = curve()
kind = (y[:, 0] > 0).long()


class Tasks(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 32), nn.ReLU())
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 2)) for _ in range(2)
        )

    def forward(self, x):
        features = self.body(x)
        return [head(features) for head in self.heads]


model = Tasks()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for xb, kb in zip(x.repeat(8, 1).split(30), kind.repeat(8).split(30), strict=True):
    loss = nn.functional.cross_entropy(model(xb)[0], kb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
