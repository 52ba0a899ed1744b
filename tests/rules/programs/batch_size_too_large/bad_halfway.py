# SPDX-License-Identifier: Apache-2.0
# expects: batch-size-too-large
# It learns; the same rows in smaller batches would have taught it nearly all in as many epochs.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import curve, mlp

torch.manual_seed(0)
x, y = curve(rows=2400)
loader = DataLoader(TensorDataset(x[:2000], y[:2000]), batch_size=2000, shuffle=True)
model = mlp(8, 48, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9)
for _ in range(80):
    for xb, yb in loader:
        loss = nn.functional.mse_loss(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
with torch.no_grad():
    r2 = 1 - nn.functional.mse_loss(model(x[2000:]), y[2000:]) / y[2000:].var()
print(f"r2={r2.item():.3f}")
