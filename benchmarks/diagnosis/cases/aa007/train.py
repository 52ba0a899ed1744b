import math
import os

import numpy as np
import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
np.random.seed(int(os.environ.get("SEED", 0)))
T = 50


def moons(n):
    from sklearn.datasets import make_moons
    x, _ = make_moons(n, noise=0.04, random_state=np.random.randint(10000))
    return torch.tensor((x - [0.5, 0.25]) / [0.87, 0.5], dtype=torch.float32)


class ForwardProcess:
    def __init__(self, steps):
        betas = torch.linspace(1e-3, 0.15, steps)
        self.alpha_bar = torch.cumprod(1 - betas, 0)

    def q_sample(self, x0, t, noise=None):
        if noise is None:
            noise = torch.randn_like(x0)
        a = self.alpha_bar[t].unsqueeze(1)
        return a.sqrt() * x0 + (1 - a).sqrt() * noise


class TimeEmbedding(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.register_buffer("freq", torch.exp(torch.linspace(0, -math.log(1000), dim // 2)))

    def forward(self, t):
        arg = t.float()[:, None] * self.freq
        return torch.cat([arg.sin(), arg.cos()], -1)


class EpsModel(nn.Module):
    def __init__(self, width=96, emb=32):
        super().__init__()
        self.time = TimeEmbedding(emb)
        self.inp = nn.Linear(2 + emb, width)
        self.blocks = nn.ModuleList(nn.Sequential(nn.SiLU(), nn.Linear(width, width)) for _ in range(3))
        self.out = nn.Linear(width, 2)

    def forward(self, x, t):
        h = self.inp(torch.cat([x, self.time(t)], 1))
        for block in self.blocks:
            h = h + block(h)
        return self.out(h)


class Diffusion:
    def __init__(self):
        self.process, self.model = ForwardProcess(T), EpsModel()

    def training_loss(self, x0):
        t = torch.randint(0, T, (len(x0),))
        noise = torch.randn_like(x0)
        x_t = self.process.q_sample(x0, t)
        return nn.functional.mse_loss(self.model(x_t, t), noise)

    @torch.no_grad()
    def heldout_r2(self, x0):
        t = torch.arange(T).repeat(len(x0) // T + 1)[: len(x0)]
        eps = torch.randn_like(x0)
        pred = self.model(self.process.q_sample(x0, t, eps), t)
        return 1 - ((pred - eps) ** 2).sum().item() / (eps**2).sum().item()


ddpm = Diffusion()
data, held = moons(4000), moons(2000)
opt = torch.optim.AdamW(ddpm.model.parameters(), lr=2e-3)
running = None
for it in range(900):
    loss = ddpm.training_loss(data[torch.randint(0, len(data), (128,))])
    opt.zero_grad()
    loss.backward()
    opt.step()
    running = loss.item() if running is None else 0.98 * running + 0.02 * loss.item()
    if it % 150 == 0:
        print(f"iter {it}: loss {running:.4f}")
print(f"FINAL r2={ddpm.heldout_r2(held):.4f}")
