import copy
import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_moons

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

T = 60
betas = torch.linspace(1e-3, 0.12, T)
alphas = 1 - betas
abar = torch.cumprod(alphas, 0)

data, _ = make_moons(4000, noise=0.05, random_state=seed)
data = torch.tensor((data - data.mean(0)) / data.std(0), dtype=torch.float32)
train, held = data[:3000], data[3000:]


class Denoiser(nn.Module):
    def __init__(self, hidden=128):
        super().__init__()
        self.time = nn.Embedding(T, hidden)
        self.inp = nn.Linear(10, hidden)
        self.mid = nn.ModuleList([nn.Linear(hidden, hidden) for _ in range(3)])
        self.out = nn.Linear(hidden, 2)
        self.act = nn.SiLU()

    def forward(self, x, t):
        h = self.inp(torch.cat([x, (2 * x).sin(), (2 * x).cos(), (4 * x).sin(), (4 * x).cos()], 1))
        for layer in self.mid:
            h = h + layer(self.act(h + self.time(t)))
        return self.out(self.act(h))


net = Denoiser()
ema = copy.deepcopy(net).requires_grad_(False)
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1500)

for step in range(1500):
    x0 = train[torch.randint(len(train), (200,))]
    t = torch.randint(T, (200,))
    eps = torch.randn_like(x0)
    a = abar[t][:, None]
    loss = nn.functional.mse_loss(net(a.sqrt() * x0 + (1 - a).sqrt() * eps, t), eps)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    with torch.no_grad():
        for p, q in zip(ema.parameters(), net.parameters()):
            p.lerp_(q, 0.01)
    if step % 150 == 0:
        print(step, round(loss.item(), 4))


@torch.no_grad()
def sample(n):
    x = torch.randn(n, 2)
    for i in reversed(range(T)):
        e = ema(x, torch.full((n,), i))
        x = (x - betas[i] / (1 - abar[i]).sqrt() * e) / alphas[i].sqrt()
        if i:
            x = x + betas[i].sqrt() * torch.randn_like(x)
    return x


def k(a, b):
    return torch.exp(-torch.cdist(a, b) ** 2 / (2 * 0.25 ** 2)).mean()


s = sample(1000)
mmd = (k(s, s) + k(held, held) - 2 * k(s, held)).clamp(min=0).sqrt().item()
print(f"FINAL mmd={mmd:.4f}")
