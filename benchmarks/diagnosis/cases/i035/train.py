"""Gaussian process on tide levels: five log hyper-parameters, the evidence is the objective."""
import math
import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
t = torch.sort(60 * torch.rand(260))[0]
level = 2.0 * torch.sin(2 * math.pi * t / 12.4) + 0.7 * torch.sin(2 * math.pi * t / 31.0) + 0.25 * torch.randn(260)
pick = torch.randperm(260)
seen, rest = pick[:180].sort()[0], pick[180:]


class TideGP(nn.Module):
    def __init__(self):
        super().__init__()
        self.log_period = nn.Parameter(torch.tensor(math.log(12.0)))
        self.log_length = nn.Parameter(torch.tensor([0.0, math.log(10.0)]))
        self.log_scale = nn.Parameter(torch.zeros(2))
        self.log_noise = nn.Parameter(torch.tensor(0.0))

    def kernel(self, a, b):
        d = (a[:, None] - b[None, :]).abs()
        wave = torch.exp(-2 * torch.sin(math.pi * d / self.log_period.exp()) ** 2 / self.log_length[0].exp() ** 2)
        drift = torch.exp(-0.5 * d**2 / self.log_length[1].exp() ** 2)
        return self.log_scale[0].exp() * wave + self.log_scale[1].exp() * drift

    def factor(self, x):
        return torch.linalg.cholesky(self.kernel(x, x) + (self.log_noise.exp() + 1e-4) * torch.eye(len(x)))

    def forward(self, x, y):
        chol = self.factor(x)
        alpha = torch.cholesky_solve(y[:, None], chol)
        return 0.5 * (y @ alpha).squeeze() + chol.diagonal().log().sum() + 0.5 * len(y) * math.log(2 * math.pi)

    def predict(self, x, y, new):
        alpha = torch.cholesky_solve(y[:, None], self.factor(x))
        return (self.kernel(new, x) @ alpha).squeeze(1)


gp = TideGP()
opt = torch.optim.Adam(gp.parameters(), lr=0.03)
for i in range(300):
    opt.zero_grad()
    loss = gp(t[seen], level[seen])
    loss.backward()
    opt.step()
    if i % 50 == 0:
        print(f"{i:3d}  -log evidence {loss.item():9.3f}  period {gp.log_period.exp().item():.3f}  noise {gp.log_noise.exp().item():.4f}")

with torch.no_grad():
    guess = gp.predict(t[seen], level[seen], t[rest])
r2 = 1 - (guess - level[rest]).pow(2).mean() / level[rest].var()
print(f"FINAL r2={r2.item():.4f}")
