# SPDX-License-Identifier: Apache-2.0
import torch
from toy import curve, mlp

torch.manual_seed(0)
x, y = curve()
model = mlp(8, 32, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for step in range(200):
    loss = ((model(x[:500]) - y[:500]) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    print(((model(x[500:]) - y[500:]) ** 2).mean())
