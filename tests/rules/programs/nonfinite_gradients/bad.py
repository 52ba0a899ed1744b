# SPDX-License-Identifier: Apache-2.0
# expects: nonfinite-gradients 0 2 4
import torch
from toy import batches, curve, mlp

torch.manual_seed(0)
x, y = curve()
model = mlp(8, 32, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step, (xb, yb) in enumerate(batches(x, y, 32, 60)):
    out = model(xb)
    loss = ((out - yb) ** 2).mean()
    if step == 30:
        loss = loss + torch.sqrt((out * 0.0).sum())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
