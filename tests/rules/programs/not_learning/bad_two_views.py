# SPDX-License-Identifier: Apache-2.0
# expects: not-learning
# Two views of rows that share nothing: what a row is asked for is its own partner, not a label.
import torch
from torch import nn
from toy import mlp

torch.manual_seed(0)
x = torch.randn(640, 12)
model = mlp(12, 32, 8)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for _ in range(16):
    for rows in torch.randperm(len(x)).split(32):
        one = nn.functional.normalize(model(x[rows]), dim=1)
        other = nn.functional.normalize(model(torch.randn(len(rows), 12)), dim=1)
        loss = nn.functional.cross_entropy(one @ other.T, torch.arange(len(rows)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
