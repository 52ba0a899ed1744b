# SPDX-License-Identifier: Apache-2.0
# Weights of classes over the rows: how much a batch weighs varies, and it stays one loss.
# Half of the labels are noise, so that little of them can be learnt.
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
x = torch.randn(1600, 8)
y = (x @ torch.randn(8, 4)).argmax(1)
y = torch.where(torch.rand(1600) < 0.4, torch.randint(0, 4, (1600,)), y)
weights = torch.tensor([1.0, 3.0, 1.0, 0.5])
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 300):
    each = nn.functional.cross_entropy(model(xb), yb, weight=weights, reduction="sum")
    loss = each / len(yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
