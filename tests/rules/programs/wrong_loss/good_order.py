# SPDX-License-Identifier: Apache-2.0
"""Survival by the risk set, and beside the concordance an AUC of which less is better."""

import torch
from toy import mlp

torch.manual_seed(0)
x = torch.randn(600, 6)
time = torch.distributions.Exponential(torch.exp(x[:, 0] - x[:, 1])).sample()
net = mlp(6, 32, 1)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for step in range(150):
    rows = torch.randint(0, 600, (100,))
    rows = rows[time[rows].argsort(descending=True)]
    risk = net(x[rows])[:, 0]
    loss = (torch.logcumsumexp(risk, 0) - risk).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 30 == 0:
        with torch.no_grad():
            risk = net(x)[:, 0]
        pairs = time[:, None] < time
        right = (risk[:, None] > risk)[pairs].float().mean()
        print(f"step {step} c-index {right:.3f} deletion auc {1 - right:.3f}")
