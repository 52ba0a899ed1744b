import math
import os

import torch
from sklearn.datasets import make_moons
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)


class GaussianDiffusion:
    def __init__(self, steps=100, beta_start=1e-3, beta_end=0.06):
        self.steps = steps
        betas = torch.linspace(beta_start, beta_end, steps)
        self.alphas = 1 - betas
        self.bar = torch.cumprod(self.alphas, 0)

    def q_sample(self, x0, t, noise=None):
        if noise is None:
            noise = torch.randn_like(x0)
        a = self.bar[t].unsqueeze(-1)
        return a.sqrt() * x0 + (1 - a).sqrt() * noise

    def training_loss(self, model, x0):
        t = torch.randint(0, self.steps, (len(x0),))
        noise = torch.randn_like(x0)
        x_t = self.q_sample(x0, t, noise)
        return nn.functional.mse_loss(model(x_t, t), noise)


class TimeEmbedding(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.register_buffer("freqs", torch.exp(-math.log(1000) * torch.arange(dim // 2) / (dim // 2)))
        self.mlp = nn.Sequential(nn.Linear(dim, dim), nn.SiLU())

    def forward(self, t):
        arg = t[:, None].float() * self.freqs
        return self.mlp(torch.cat([arg.sin(), arg.cos()], -1))


class Denoiser(nn.Module):
    def __init__(self, dim=2, width=96):
        super().__init__()
        self.time = TimeEmbedding(width)
        self.inp = nn.Linear(dim, width)
        self.mid = nn.ModuleList(nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, dim)

    def forward(self, x, t):
        h, e = self.inp(x), self.time(t)
        for layer in self.mid:
            h = h + nn.functional.silu(layer(h + e))
        return self.out(h)


def moons(n, s):
    x, _ = make_moons(n, noise=0.04, random_state=s)
    return (torch.tensor(x, dtype=torch.float32) - torch.tensor([0.5, 0.25])) / 0.7


data, held = moons(4000, seed), moons(2000, seed + 50)
diffusion, model = GaussianDiffusion(), Denoiser()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
total_steps = 1000
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, total_steps, eta_min=1e-4)
ema_loss = None
for step in range(1, total_steps + 1):
    batch = data[torch.randint(0, len(data), (128,))]
    loss = diffusion.training_loss(model, batch)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    ema_loss = loss.item() if ema_loss is None else 0.98 * ema_loss + 0.02 * loss.item()
    if step % 200 == 0:
        print(f"step {step} loss {ema_loss:.4f}")

model.eval()
with torch.no_grad():
    t = torch.arange(len(held)) % diffusion.steps
    noise = torch.randn_like(held)
    guess = model(diffusion.q_sample(held, t, noise), t)
    r2 = 1 - (guess - noise).square().mean() / noise.square().mean()
print(f"FINAL noise_r2={r2.item():.4f}")
