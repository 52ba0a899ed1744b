import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
levels = torch.tensor([0.1, 0.5, 0.9])


def draw(n):
    x = torch.rand(n, 1) * 6 - 3
    y = torch.sin(2 * x) + 0.3 * x + (0.1 + 0.25 * x.abs()) * torch.randn(n, 1)
    return x / 1.73, y


def pinball(q, y):
    diff = y - q
    return torch.maximum(levels * diff, (levels - 1) * diff).mean()


net = nn.Sequential(nn.Linear(1, 64), nn.Softplus(), nn.Linear(64, 64), nn.Softplus(), nn.Linear(64, 3))
opt = torch.optim.Adamax(net.parameters(), lr=6e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=25)
x, y = draw(8000)
for epoch in range(25):
    for idx in torch.randperm(8000).split(160):
        loss = pinball(net(x[idx]), y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    sched.step()
    if epoch % 5 == 0:
        print(f"epoch {epoch} pinball {loss.item():.4f}")
xt, yt = draw(4000)
with torch.no_grad():
    below = (yt < net(xt)).float().mean(0)
print("shares below", below.tolist())
print(f"FINAL coverage_error={(below - levels).abs().max().item():.4f}")
