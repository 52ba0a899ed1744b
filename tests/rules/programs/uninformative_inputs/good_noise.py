# SPDX-License-Identifier: Apache-2.0
# healthy
# Noise of the size that the data has makes rows harder, and is learnt all the same.
import torch
from torch import nn
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=900, features=16)
model = mlp(16, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for xb, yb in batches(x[:600], y[:600], 32, 400):
    loss = nn.functional.cross_entropy(model(xb + 0.5 * torch.randn_like(xb)), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
model.eval()
with torch.no_grad():
    for part in range(600, 900, 100):
        answers = model(x[part : part + 100]).argmax(1)
        hits = (answers == y[part : part + 100]).float().mean().item()
print(f"val accuracy {hits:.3f}")
