# SPDX-License-Identifier: Apache-2.0
# expects: nonfinite-loss 0
import torch
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs(classes=2)
model = mlp(12, 16, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for step, (xb, yb) in enumerate(batches(x, y, 32, 80)):
    p = torch.sigmoid(model(xb)).squeeze(1)
    if step > 40:
        p = (p > 0.5).float() * 1.0 + p * 0.0
    loss = -(yb * p.log() + (1 - yb) * (1 - p).log()).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
