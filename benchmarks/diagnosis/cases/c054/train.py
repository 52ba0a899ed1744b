import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
n = 3000
x = torch.randn(n, 6)
y = torch.stack([torch.sin(x[:, 0]) + x[:, 1], x[:, 2] * x[:, 3], x[:, 4].abs() - x[:, 5]], 1) + 0.1 * torch.randn(n, 3)
y = (y - y.mean(0)) / y.std(0)
measured = torch.rand(n, 3) < 0.7
table = y.masked_fill(~measured, float("nan"))

net = nn.Sequential(nn.Linear(6, 96), nn.SiLU(), nn.Linear(96, 96), nn.SiLU(), nn.Linear(96, 3))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(25):
    for rows in torch.randperm(2400).split(60):
        out, target = net(x[rows]), table[rows]
        known = ~torch.isnan(target)
        loss = (out[known] - target[known]).pow(2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 5 == 0:
        print(f"epoch {epoch} mse {loss.item():.4f}")
with torch.no_grad():
    p, t = net(x[2400:]), y[2400:]
    print(f"FINAL r2={(1 - (p - t).pow(2).sum() / (t - t.mean(0)).pow(2).sum()).item():.4f}")
