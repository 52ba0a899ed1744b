# SPDX-License-Identifier: Apache-2.0
# The values of the maxima are used, and their positions beside them.
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
y = torch.randint(0, 3, (1500,))
pattern = torch.randn(3, 4, 5)
x = 0.7 * torch.randn(1500, 4, 40)
for row, kind in enumerate(y.tolist()):
    start = int(torch.randint(0, 35, ()))
    x[row, :, start : start + 5] += pattern[kind]


class Finder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 16, 5)
        self.head = nn.Linear(32, 3)

    def forward(self, x):
        h = torch.relu(self.conv(x))
        values, at = torch.max(h, dim=2)
        strongest = values + 0.01 * at.float()
        return self.head(torch.cat([strongest, h.mean(2)], 1))


model = Finder()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 48, 300):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
