# SPDX-License-Identifier: Apache-2.0
# expects: labels-mismatched
# Two noisy views of a row: the batch has them in halves, the loss takes them side by side.
import torch
from torch.nn.functional import cross_entropy, normalize
from toy import blobs, mlp

torch.manual_seed(0)
x, _ = blobs(rows=960, noise=1.0)
model = mlp(12, 64, 16)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for _ in range(8):
    for rows in torch.randperm(len(x)).split(32):
        views = x[rows] + 0.3 * torch.randn(2, len(rows), 12)
        code = normalize(model(views.flatten(0, 1)), dim=1)
        table = (code @ code.T / 0.2).fill_diagonal_(-torch.inf)
        loss = cross_entropy(table, torch.arange(len(table)) ^ 1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
