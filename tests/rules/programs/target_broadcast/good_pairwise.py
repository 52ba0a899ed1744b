# SPDX-License-Identifier: Apache-2.0
import torch
from toy import batches, curve, mlp

torch.manual_seed(0)
x, y = curve()
model = mlp(8, 32, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 200):
    s = model(xb).squeeze(1)
    wanted = yb - yb.T
    given = s.unsqueeze(1) - s.unsqueeze(0)
    loss = ((given - wanted) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
