# SPDX-License-Identifier: Apache-2.0
# expects: train-test-overlap
import torch
from torch import nn
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=600, noise=1.0)
order = torch.randperm(len(x))
x, y = x[order], y[order]
# The cut for the test rows is off by 80: they were trained on.
x_test, y_test = x[420:], y[420:]
order = torch.randperm(len(x_test))
x_test, y_test = x_test[order], y_test[order]
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
        print((model(x_test).argmax(1) == y_test).float().mean())
