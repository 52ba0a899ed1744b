# SPDX-License-Identifier: Apache-2.0
# expects: train-test-overlap
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import mlp

torch.manual_seed(0)
rare = torch.rand(1200) < 0.1
x = torch.randn(1200, 12)
x[rare, 0] += 1.5
# The rare rows are repeated before the rows are split.
rows = torch.cat([torch.arange(1200), rare.nonzero()[:, 0].repeat(8)])
rows = rows[torch.randperm(len(rows))]
x, y = x[rows], rare[rows].long()
cut = len(x) * 3 // 4
fit = DataLoader(TensorDataset(x[:cut], y[:cut]), batch_size=32, shuffle=True)
model = mlp(12, 64, 2)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for _ in range(5):
    model.train()
    for xb, yb in fit:
        optimizer.zero_grad()
        criterion(model(xb), yb).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print((model(x[cut:]).argmax(1) == y[cut:]).float().mean())
