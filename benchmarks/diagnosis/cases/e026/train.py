import os
import math
import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def wind(n):
    """power of a turbine from wind speed and air density; quiet at both ends, noisy in the middle"""
    speed = 25 * torch.rand(n)
    density = 1.2 + 0.05 * torch.randn(n)
    power = torch.sigmoid((speed - 9) / 1.5) * (speed < 23) * density / 1.2
    sigma = 0.01 + 0.12 * torch.exp(-((speed - 9) / 3) ** 2)
    x = torch.stack([(speed - 12.5) / 7.2, (density - 1.2) / 0.05], 1)
    return x, (power + sigma * torch.randn(n)).unsqueeze(1)


class MeanVariance(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU())
        self.mean = nn.Linear(64, 1)
        self.log_var = nn.Linear(64, 1)

    def forward(self, x):
        h = self.body(x)
        return self.mean(h), self.log_var(h).clamp(-10, 4)


x, y = wind(4000)
xt, yt = wind(1000)
net = MeanVariance()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.85)
for epoch in range(14):
    for rows in torch.randperm(4000).split(80):
        m, lv = net(x[rows])
        nll = 0.5 * (lv + (y[rows] - m).pow(2) / lv.exp() + math.log(2 * math.pi)).mean()
        opt.zero_grad()
        nll.backward()
        opt.step()
    sched.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch} nll {nll.item():.4f}")

with torch.no_grad():
    m, _ = net(xt)
    print(f"FINAL r2={(1 - (m - yt).pow(2).mean() / yt.var()).item():.4f}")
