# SPDX-License-Identifier: Apache-2.0
# expects: wrong-loss
"""Pairs of a chosen and a passed-over item in each other's places, judged by their AUC."""

import torch
from torch import nn
from toy import curve, mlp

torch.manual_seed(0)
x, y = curve(800)
high, low = x[y[:, 0] > 0.3], x[y[:, 0] < -0.3]
net = mlp(8, 32, 1)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for step in range(160):
    chosen, passed = (each[torch.randint(0, len(each), (64,))] for each in (high, low))
    loss = nn.functional.softplus(net(chosen) - net(passed)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 40 == 39:
        with torch.no_grad():
            auc = (net(high) > net(low).T).float().mean()
        print(f"step {step} loss {loss.item():.3f} train AUC: {auc:.3f}")
