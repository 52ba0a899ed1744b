# SPDX-License-Identifier: Apache-2.0
# Cox's partial likelihood compares all rows with each other: one batch, and a loss of no known end.
import torch
from toy import mlp

torch.manual_seed(0)
x = torch.randn(800, 6)
risk = x[:, 0] + x[:, 1] * x[:, 2]
order = (-torch.log(torch.rand(800)) / risk.exp()).argsort(descending=True)
x = x[order]
model = mlp(6, 24, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for _ in range(150):
    score = model(x)[:, 0]
    loss = -(score - score.logcumsumexp(0)).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
