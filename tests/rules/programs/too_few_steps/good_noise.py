# SPDX-License-Identifier: Apache-2.0
# Few steps that suffice: half of the targets' variance is noise, and the loss ends at that.
import torch
from torch import nn
from toy import batches, curve, mlp

torch.manual_seed(0)
x, y = curve(rows=6000)
y = y + torch.randn_like(y)
model = mlp(8, 64, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for xb, yb in batches(x[:4000], y[:4000], 512, 150):
    loss = nn.functional.mse_loss(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    left = ((model(x[4000:]) - y[4000:]) ** 2).mean()
print(f"FINAL r2={1 - left / y[4000:].var():.3f}")
