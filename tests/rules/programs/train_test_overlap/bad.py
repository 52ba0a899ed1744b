# SPDX-License-Identifier: Apache-2.0
# expects: train-test-overlap
import torch
from torch import nn
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=600, noise=1.0)
x, y = torch.cat([x, x[:100]]), torch.cat([y, y[:100]])  # duplicates, split apart below
order = torch.randperm(len(x))
x, y = x[order], y[order]
model = mlp(12, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(5):
    model.train()
    for xb, yb in batches(x[:500], y[:500], 32, 60, seed=epoch):
        optimizer.zero_grad()
        criterion(model(xb), yb).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print((model(x[500:]).argmax(1) == y[500:]).float().mean())
