# SPDX-License-Identifier: Apache-2.0
# Windows of a slow walk in the order of time find what a fixed permutation made of them.
import torch
from torch.nn.functional import cross_entropy, normalize
from toy import mlp

torch.manual_seed(0)
x = torch.zeros(960, 12)
for step in range(1, len(x)):
    x[step] = 0.8 * x[step - 1] + 0.6 * torch.randn(12)
order = torch.randperm(12)
model = mlp(12, 64, 16)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for _ in range(8):
    for rows in torch.arange(len(x)).split(32):
        code = normalize(model(torch.cat([x[rows], x[rows][:, order]])), dim=1)
        table = (code @ code.T / 0.2).fill_diagonal_(-torch.inf)
        loss = cross_entropy(table, torch.arange(len(table)).roll(len(rows)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
