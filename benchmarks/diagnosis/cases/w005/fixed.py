import os, math
import numpy as np
import torch, torch.nn as nn
from sklearn.datasets import make_moons

seed = int(os.environ.get('SEED', 0))
torch.manual_seed(seed); np.random.seed(seed)
T = 60
betas = torch.linspace(1e-4, 0.08, T)
alphas = 1. - betas
abar = torch.cumprod(alphas, 0)

def data(n, s):
    x, _ = make_moons(n, noise=0.05, random_state=s)
    return torch.tensor((x - [0.5, 0.25]) / [0.87, 0.5], dtype=torch.float32)

def extract(a, t):
    return a[t][:, None]

class TimeEmbedding(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        self.register_buffer('freqs', torch.exp(torch.arange(dim // 2) * -(math.log(1000.) / (dim // 2))))
        self.proj = nn.Linear(dim, 64)
    def forward(self, t):
        a = t[:, None].float() * self.freqs
        return self.proj(torch.cat([a.sin(), a.cos()], 1))

class Denoiser(nn.Module):
    def __init__(self, h=96):
        super().__init__()
        self.time = TimeEmbedding()
        self.inp = nn.Linear(2, 64)
        self.body = nn.Sequential(nn.SiLU(), nn.Linear(64, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, 2))
    def forward(self, x, t):
        return self.body(self.inp(x) + self.time(t))

class GaussianDiffusion:
    def __init__(self, model):
        self.model = model
    def q_sample(self, x0, t, noise=None):
        noise = torch.randn_like(x0) if noise is None else noise
        return extract(abar.sqrt(), t) * x0 + extract((1 - abar).sqrt(), t) * noise
    def p_losses(self, x0):
        t = torch.randint(0, T, (x0.shape[0],))
        noise = torch.randn_like(x0)
        x_t = self.q_sample(x0, t, noise)
        pred = self.model(x_t, t)
        return ((pred - noise) ** 2).mean()
    @torch.no_grad()
    def sample(self, n):
        x = torch.randn(n, 2)
        for i in reversed(range(T)):
            t = torch.full((n,), i)
            eps = self.model(x, t)
            mean = (x - betas[i] / (1 - abar[i]).sqrt() * eps) / alphas[i].sqrt()
            x = mean + (betas[i].sqrt() * torch.randn_like(x) if i > 0 else 0)
        return x

model = Denoiser()
diffusion = GaussianDiffusion(model)
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
x_train = data(4000, seed)
ema = None
for step in range(1200):
    x0 = x_train[torch.randint(0, len(x_train), (256,))]
    loss = diffusion.p_losses(x0)
    opt.zero_grad()
    loss.backward()
    opt.step()
    ema = loss.item() if ema is None else 0.98 * ema + 0.02 * loss.item()
    if step % 200 == 0:
        print('step', step, 'loss', round(ema, 4))

fake, real = diffusion.sample(1000), data(1000, seed + 999)
d = lambda a, b: torch.cdist(a, b).mean()
energy = 2 * d(fake, real) - d(fake, fake) - d(real, real)
print(f'FINAL energy_distance={energy.item():.5f}')
