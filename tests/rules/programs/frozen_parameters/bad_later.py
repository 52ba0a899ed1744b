# SPDX-License-Identifier: Apache-2.0
# expects: frozen-parameters 0 2
import torch
from toy import batches, curve, mlp

torch.manual_seed(0)
x, y = curve()
model = mlp(8, 32, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for k, (xb, yb) in enumerate(batches(x, y, 32, 300)):
    loss = torch.nn.functional.mse_loss(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if k == 20:
        model[:4].requires_grad_(False)
        print("features", model[:4](x).mean().item())
