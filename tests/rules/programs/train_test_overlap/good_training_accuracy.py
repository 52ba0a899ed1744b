# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=600)
model = mlp(12, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(5):
    model.train()
    for xb, yb in batches(x[:450], y[:450], 32, 40, seed=epoch):
        optimizer.zero_grad()
        criterion(model(xb), yb).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        for part in (slice(0, 450), slice(450, 600)):
            print((model(x[part]).argmax(1) == y[part]).float().mean())
