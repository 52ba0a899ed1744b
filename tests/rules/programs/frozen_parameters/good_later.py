# SPDX-License-Identifier: Apache-2.0
import torch
from toy import batches, curve, mlp

torch.manual_seed(0)
x, y = curve()
model = mlp(8, 32, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for k, (xb, yb) in enumerate(batches(x, y, 32, 400)):
    model[:2].requires_grad_(k < 300)  # the lower layer is done first
    loss = torch.nn.functional.mse_loss(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
