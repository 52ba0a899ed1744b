# SPDX-License-Identifier: Apache-2.0
# expects: missing-zero-grad 1
import torch
from torch import nn
from toy import batches, curve

torch.manual_seed(0)
x, y = curve()
model = nn.Sequential(
    nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 32), nn.ReLU()), nn.Linear(32, 1)
)
body = torch.optim.Adam(model[0].parameters(), lr=3e-3)
head = torch.optim.SGD(model[1].parameters(), lr=0.02)
criterion = nn.MSELoss()
for xb, yb in batches(x, y, 32, 200):
    body.zero_grad()
    loss = criterion(model(xb), yb)
    loss.backward()
    body.step()
    head.step()
