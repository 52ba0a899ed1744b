# SPDX-License-Identifier: Apache-2.0
# All of the data at each step: 64 rows, a power of two, and a held-out loss that is well above.
import torch
from torch import nn
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=500, noise=1.0)
model = mlp(12, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for _ in range(120):
    loss = nn.functional.cross_entropy(model(x[:64]), y[:64])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    nll = nn.functional.cross_entropy(model(x[64:]), y[64:]).item()
print(f"FINAL nll={nll:.3f}")
