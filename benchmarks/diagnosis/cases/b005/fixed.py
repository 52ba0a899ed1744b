import os
import math
import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

# hourly load of a small grid from temperature, hour and weekday
n = 3000
temp = rng.normal(12, 8, n)
hour = rng.integers(0, 24, n)
wday = rng.integers(0, 7, n)
load = 30 + 0.05 * (temp - 16) ** 2 + 6 * np.sin(2 * np.pi * (hour - 8) / 24) - 4 * (wday > 4)
load = load + rng.normal(0, 1, n) * (0.7 + 0.05 * np.abs(temp - 12))
feats = np.stack([(temp - 12) / 8, np.sin(2 * np.pi * hour / 24), np.cos(2 * np.pi * hour / 24), (wday > 4) * 1.0], 1)
x = torch.tensor(feats, dtype=torch.float32)
y = torch.tensor((load - load.mean()) / load.std(), dtype=torch.float32)


class HeteroscedasticNet(nn.Module):
    def __init__(self, d_in, d_hidden=48):
        super().__init__()
        self.shared = nn.Sequential(nn.Linear(d_in, d_hidden), nn.SiLU(), nn.Linear(d_hidden, d_hidden), nn.SiLU())
        self.mu = nn.Linear(d_hidden, 1)
        self.log_var = nn.Linear(d_hidden, 1)

    def forward(self, x):
        h = self.shared(x)
        return self.mu(h), self.log_var(h).clamp(-8, 8)


def gaussian_nll(mu, log_var, target):
    return 0.5 * (log_var + (target - mu) ** 2 / log_var.exp() + math.log(2 * math.pi)).mean()


net = HeteroscedasticNet(4)
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for step in range(600):
    i = torch.randint(0, 2400, (64,))
    mu, log_var = net(x[i])
    loss = gaussian_nll(mu.squeeze(1), log_var.squeeze(1), y[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"step {step}: nll {loss.item():.4f}")

with torch.no_grad():
    mu = net(x[2400:])[0].squeeze(1)
t = y[2400:]
print(f"FINAL r2={(1 - ((t - mu) ** 2).sum() / ((t - t.mean()) ** 2).sum()).item():.4f}")
