# SPDX-License-Identifier: Apache-2.0
"""Two loaders of other lengths are drawn from in turns until both have ended, in each epoch."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import curve, mlp

torch.manual_seed(0)
x, y = curve(rows=1600)
y = (x[:, :1] + x[:, 1:2]) / 2**0.5
short = DataLoader(TensorDataset(x[:300], y[:300]), batch_size=50, shuffle=True)
long = DataLoader(TensorDataset(x[300:], y[300:]), batch_size=50, shuffle=True)
model = mlp(8, 32, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for _ in range(15):
    first, second = iter(short), iter(long)
    while True:
        drawn = [next(first, None), next(second, None)]
        if drawn == [None, None]:
            break
        for batch in drawn:
            if batch is not None:
                loss = nn.functional.mse_loss(model(batch[0]), batch[1])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
print(loss.item())
