# denoising diffusion on a 2-d spiral, epsilon prediction, EMA weights for sampling
import copy
import os

import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def spiral(n):
    t = 3 * np.pi * np.sqrt(rng.uniform(0.05, 1, n))
    xy = np.stack([t * np.cos(t), t * np.sin(t)], 1) / 6 + rng.normal(0, 0.04, (n, 2))
    return torch.tensor(xy, dtype=torch.float32)


T = 60
beta = torch.linspace(1e-3, 0.12, T)
alpha = 1 - beta
abar = torch.cumprod(alpha, 0)


class Denoiser(nn.Module):
    def __init__(self, h=96):
        super().__init__()
        self.time = nn.Embedding(T, h)
        self.inp = nn.Linear(2, h)
        self.l1 = nn.Linear(h, h)
        self.l2 = nn.Linear(h, h)
        self.out = nn.Linear(h, 2)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x, t):
        h = nn.functional.silu(self.inp(x) + self.time(t))
        h = h + nn.functional.silu(self.l1(h))
        h = h + nn.functional.silu(self.l2(h))
        return self.out(h)


train = spiral(4000)
model = Denoiser()
ema = copy.deepcopy(model).requires_grad_(False)
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for step in range(2000):
    x0 = train[torch.randint(0, len(train), (256,))]
    t = torch.randint(0, T, (256,))
    eps = torch.randn_like(x0)
    xt = abar[t, None].sqrt() * x0 + (1 - abar[t, None]).sqrt() * eps
    loss = ((model(xt, t) - eps) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    with torch.no_grad():
        for a, b in zip(ema.parameters(), model.parameters()):
            a.lerp_(b, 0.01)
    if step % 250 == 0:
        print(step, round(loss.item(), 4))

with torch.no_grad():
    x = torch.randn(1000, 2)
    for k in reversed(range(T)):
        tt = torch.full((1000,), k)
        mean = (x - beta[k] / (1 - abar[k]).sqrt() * ema(x, tt)) / alpha[k].sqrt()
        x = mean + (beta[k].sqrt() * torch.randn_like(x) if k else 0)
    ref = spiral(1000)
    dist = 2 * torch.cdist(x, ref).mean() - torch.cdist(x, x).mean() - torch.cdist(ref, ref).mean()
print(f"FINAL energy_distance={dist.item():.4f}")
