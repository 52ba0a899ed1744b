import math
import os

import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


def draw(n):
    t = torch.rand(n, 1)
    x = t + 0.3 * torch.sin(2 * math.pi * t) + 0.02 * torch.randn(n, 1)
    return x, t


class MDN(nn.Module):
    def __init__(self, k=5):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh())
        self.logits = nn.Linear(48, k)
        self.mu = nn.Linear(48, k)
        self.log_sigma = nn.Linear(48, k)
        nn.init.uniform_(self.mu.bias, 0.0, 1.0)
        nn.init.constant_(self.log_sigma.bias, -1.5)

    def forward(self, x):
        h = self.body(x)
        return F.log_softmax(self.logits(h), -1), self.mu(h), self.log_sigma(h)


def nll(params, t):
    logw, mu, ls = params
    comp = -0.5 * ((t - mu) / ls.exp()) ** 2 - ls - 0.5 * math.log(2 * math.pi)
    return -torch.logsumexp(logw + comp, -1).mean()


x, t = draw(5000)
xm, xs = x.mean(), x.std()
model = MDN()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1500)
for step in range(1500):
    idx = torch.randint(0, len(x), (256,))
    loss = nll(model((x[idx] - xm) / xs), t[idx])
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    sched.step()
    if step % 250 == 0:
        print(f"{step:5d} {loss.item():+.4f}")

xt, tt = draw(5000)
with torch.no_grad():
    value = nll(model((xt - xm) / xs), tt).item()
print(f"FINAL nll={value:.4f}")
