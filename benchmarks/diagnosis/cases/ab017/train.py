import os
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))

T = 100
betas = torch.linspace(1e-4, 0.08, T)
alphas_cumprod = torch.cumprod(1 - betas, 0)


def swiss_roll(n):
    t = 1.5 * math.pi * (1 + 2 * torch.rand(n))
    return torch.stack([t * t.cos(), t * t.sin()], 1) / 7 + 0.02 * torch.randn(n, 2)


class SinusoidalPosEmb(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, t):
        f = torch.exp(-math.log(10000) * torch.arange(self.dim // 2) / (self.dim // 2 - 1))
        a = t[:, None].float() * f[None]
        return torch.cat([a.sin(), a.cos()], 1)


class Block(nn.Module):
    def __init__(self, dim, time_dim):
        super().__init__()
        self.time_proj = nn.Linear(time_dim, dim)
        self.lin1 = nn.Linear(dim, dim)
        self.lin2 = nn.Linear(dim, dim)

    def forward(self, x, temb):
        h = F.silu(self.lin1(x))
        h = self.lin2(h)
        return x + F.silu(h)


class Denoiser(nn.Module):
    def __init__(self, dim=96):
        super().__init__()
        self.time_mlp = nn.Sequential(SinusoidalPosEmb(32), nn.Linear(32, 64), nn.SiLU())
        self.inp = nn.Linear(2, dim)
        self.blocks = nn.ModuleList([Block(dim, 64) for _ in range(3)])
        self.out = nn.Linear(dim, 2)

    def forward(self, x, t):
        temb = self.time_mlp(t)
        x = self.inp(x)
        for b in self.blocks:
            x = b(x, temb)
        return self.out(x)


def q_sample(x0, t, noise):
    a = alphas_cumprod[t][:, None]
    return a.sqrt() * x0 + (1 - a).sqrt() * noise


model = Denoiser()
optim = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-4)
running = None
for step in range(1, 2001):
    x0 = swiss_roll(256)
    t = torch.randint(0, T, (256,))
    noise = torch.randn_like(x0)
    loss = F.mse_loss(model(q_sample(x0, t, noise), t), noise)
    optim.zero_grad(set_to_none=True)
    loss.backward()
    optim.step()
    running = loss.item() if running is None else 0.99 * running + 0.01 * loss.item()
    if step % 400 == 0:
        print(f"{step}: eps loss (ema) {running:.4f}")

with torch.no_grad():
    x0, t = swiss_roll(20000), torch.randint(0, T, (20000,))
    noise = torch.randn_like(x0)
    err = F.mse_loss(model(q_sample(x0, t, noise), t), noise).item()
print(f"FINAL eps_mse={err:.4f}")
