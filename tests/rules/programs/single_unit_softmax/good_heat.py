# SPDX-License-Identifier: Apache-2.0
# Where a point is: a softmax over the places of the one map, and over the one row of a batch.
import torch
from torch import nn
from toy import batches


class Where(nn.Module):
    def __init__(self):
        super().__init__()
        self.see = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 3, padding=1)
        )

    def forward(self, x):
        return torch.softmax(self.see(x).flatten(1), 1)


class Best(nn.Module):
    def __init__(self):
        super().__init__()
        self.score = nn.Sequential(nn.Linear(5, 16), nn.Tanh(), nn.Linear(16, 1))

    def forward(self, x):
        return torch.softmax(self.score(x), dim=0)


torch.manual_seed(0)
y = torch.randint(0, 64, (600,))
x = torch.randn(600, 1, 8, 8)
x.view(600, 64)[torch.arange(600), y] += 4.0
where, best = Where(), Best()
optimizer = torch.optim.Adam([*where.parameters(), *best.parameters()], lr=3e-3)
for xb, yb in batches(x, y, 25, 150):
    optimizer.zero_grad()
    rows = torch.randn(10, 5)
    loss = -where(xb)[torch.arange(25), yb].log().mean()
    loss = loss - best(rows)[rows[:, 0].argmax(), 0].log()
    loss.backward()
    optimizer.step()
