# SPDX-License-Identifier: Apache-2.0
# expects: labels-mismatched
import torch
from torch import nn
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=200)
model = mlp(12, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(40):
    order = torch.randperm(len(x))
    shuffled = x[order]  # and the targets are not
    for start in range(0, 200, 20):
        loss = criterion(model(shuffled[start : start + 20]), y[start : start + 20])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
