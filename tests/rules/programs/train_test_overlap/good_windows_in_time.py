# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import mlp

torch.manual_seed(0)
WINDOW = 24
steps = torch.arange(700, dtype=torch.float32)
series = torch.sin(steps / 9) + 0.4 * torch.sin(steps / 3.7) + 0.2 * torch.randn(700)
x = series.unfold(0, WINDOW, 1)[:-1].clone()
y = series[WINDOW:].unsqueeze(1)
# The last part of the series is held out: a few windows at the border overlap.
cut = 500
x_train, y_train, x_test, y_test = x[:cut], y[:cut], x[cut:], y[cut:]
model = mlp(WINDOW, 32, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.MSELoss()
for epoch in range(8):
    model.train()
    for rows in torch.randperm(len(x_train)).split(32):
        optimizer.zero_grad()
        criterion(model(x_train[rows]), y_train[rows]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, criterion(model(x_test), y_test).item())
