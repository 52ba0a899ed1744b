# SPDX-License-Identifier: Apache-2.0
# expects: too-few-steps
# The `break` is one level too deep: each epoch ends after its first batch, 20 in all of 40.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import curve, mlp

torch.manual_seed(0)
x, y = curve(rows=10240)
loader = DataLoader(TensorDataset(x, 0.2 * y), batch_size=256, shuffle=True)
model = mlp(8, 48, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(20):
    for xb, yb in loader:
        loss = nn.functional.smooth_l1_loss(model(xb), yb, beta=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if not torch.isfinite(loss):
            print("stopping, loss is", loss.item())
        break
