import math
import os
from copy import deepcopy

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


class GaussianDiffusion:
    def __init__(self, steps: int = 60):
        self.T = steps
        s = 0.008
        x = torch.linspace(0, steps, steps + 1)
        abar = torch.cos((x / steps + s) / (1 + s) * math.pi / 2) ** 2
        abar = abar / abar[0]
        self.betas = (1 - abar[1:] / abar[:-1]).clamp(max=0.999)
        self.alphas = 1 - self.betas
        self.abar = torch.cumprod(self.alphas, 0)

    def q_sample(self, x0, t, noise):
        a = self.abar[t][:, None]
        return a.sqrt() * x0 + (1 - a).sqrt() * noise

    @torch.no_grad()
    def sample(self, net, n):
        x = torch.randn(n, 2)
        for t in reversed(range(self.T)):
            eps = net(x, torch.full((n,), t))
            x = (x - self.betas[t] / (1 - self.abar[t]).sqrt() * eps) / self.alphas[t].sqrt()
            if t:
                x = x + self.betas[t].sqrt() * torch.randn_like(x)
        return x


class Denoiser(nn.Module):
    def __init__(self, width=96):
        super().__init__()
        self.time = nn.Sequential(nn.Linear(32, width), nn.SiLU(), nn.Linear(width, width))
        self.inp = nn.Linear(2, width)
        self.mid = nn.ModuleList([nn.Linear(width, width) for _ in range(3)])
        self.out = nn.Linear(width, 2)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x, t):
        f = torch.exp(-math.log(1000) * torch.arange(16) / 16)
        e = t[:, None].float() * f
        e = self.time(torch.cat([e.sin(), e.cos()], 1))
        h = self.inp(x)
        for layer in self.mid:
            h = h + layer(F.silu(h + e))
        return self.out(F.silu(h))


def dataset(n):
    centre = torch.tensor([[1.0, 1.0], [-1.0, 1.0], [0.0, -1.2]])
    return centre[torch.randint(3, (n,))] + 0.15 * torch.randn(n, 2)


data = dataset(5000)
diffusion, net = GaussianDiffusion(), Denoiser()
ema = deepcopy(net).eval().requires_grad_(False)
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3)
for step in range(1300):
    x0 = data[torch.randint(len(data), (128,))]
    t = torch.randint(diffusion.T, (128,))
    noise = torch.randn_like(x0)
    loss = F.mse_loss(net(diffusion.q_sample(x0, t, noise), t), noise)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        for p, q in zip(ema.parameters(), net.parameters()):
            p.mul_(0.99).add_(q, alpha=0.01)
    if step % 130 == 0:
        print(f"step {step} loss {loss.item():.4f}")

a, b = dataset(2000), diffusion.sample(ema, 2000)
ang = torch.arange(12) * math.pi / 12
proj = torch.stack([ang.cos(), ang.sin()])
d = ((a @ proj).sort(0).values - (b @ proj).sort(0).values).abs().mean().item()
print(f"FINAL sliced_distance={d:.4f}")
