# SPDX-License-Identifier: Apache-2.0
"""Tags of which one is common and the others rare, each weighed by its nos over its yeses."""

import torch
from torch import nn
from toy import batches, mlp

torch.manual_seed(0)
x = torch.randn(1200, 12)
score = x @ torch.randn(12, 6) + 0.3 * torch.randn(1200, 6)
tags = (score > score.quantile(0.92, dim=0) - torch.eye(6)[0] * 9).float()
yes = tags.sum(0)
criterion = nn.BCEWithLogitsLoss(pos_weight=(len(tags) - yes) / yes)
model = mlp(12, 32, 6)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step, (xb, yb) in enumerate(batches(x, tags, 32, 240)):
    loss = criterion(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 60 == 59:
        with torch.no_grad():
            said = (model(x) > 0).float()
        print(f"f1 {2 * float((said * tags).sum() / (said.sum() + yes.sum())):.3f}")
