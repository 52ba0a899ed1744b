import math
import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_moons

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)


class Coupling(nn.Module):
    def __init__(self, mask, hidden=48):
        super().__init__()
        self.register_buffer("mask", mask)
        self.net = nn.Sequential(nn.Linear(2, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 4))
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, x):
        s, t = self.net(x * self.mask).chunk(2, dim=1)
        s = 2 * torch.tanh(s) * (1 - self.mask)
        t = t * (1 - self.mask)
        return x * torch.exp(s) + t, s.sum(1)


class RealNVP(nn.Module):
    def __init__(self, n=6):
        super().__init__()
        masks = [torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])]
        self.flows = nn.ModuleList([Coupling(masks[i % 2].clone()) for i in range(n)])

    def log_prob(self, x):
        total = 0.0
        for f in self.flows:
            x, ld = f(x)
            total = total + ld
        return -0.5 * x.pow(2).sum(1) - math.log(2 * math.pi) + total


def moons(n, rs):
    x, _ = make_moons(n, noise=0.05, random_state=rs)
    return torch.tensor((x - [0.5, 0.25]) / [0.87, 0.5], dtype=torch.float32)


train, test = moons(4000, seed), moons(1000, seed + 100)
flow = RealNVP()
optim = torch.optim.Adam(flow.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.MultiStepLR(optim, [350, 480], 0.3)
for step in range(550):
    x = train[torch.randint(len(train), (200,))]
    loss = -flow.log_prob(x).mean()
    optim.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(flow.parameters(), 5.0)
    optim.step()
    sched.step()
    if step % 50 == 0:
        print(f"{step} nll {loss.item():.4f}")
with torch.no_grad():
    nll = -flow.log_prob(test).mean().item()
print(f"FINAL nll={nll:.4f}")
