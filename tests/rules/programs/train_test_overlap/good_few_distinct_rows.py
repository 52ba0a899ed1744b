# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import batches, mlp

torch.manual_seed(0)
generator = torch.Generator().manual_seed(1)
x = torch.randint(0, 2, (800, 6), generator=generator).float()
y = ((x[:, 0] + x[:, 1] + x[:, 2]) > 1).long()
model = mlp(6, 32, 2)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
criterion = nn.CrossEntropyLoss()
for epoch in range(3):
    model.train()
    for xb, yb in batches(x[:600], y[:600], 32, 60, seed=epoch):
        optimizer.zero_grad()
        criterion(model(xb), yb).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print((model(x[600:]).argmax(1) == y[600:]).float().mean())
