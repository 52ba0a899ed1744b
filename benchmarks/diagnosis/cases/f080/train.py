import math
import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
STEPS = 60
betas = torch.linspace(1e-4, 0.12, STEPS)
alphas = 1 - betas
bar = torch.cumprod(alphas, 0)


def spiral(n):
    t = 1.5 * math.pi * (1 + 2 * torch.rand(n).sqrt())
    return torch.stack([t * torch.cos(t), t * torch.sin(t)], 1) / 8


class Denoiser(nn.Module):
    def __init__(self, hidden=128, freqs=8):
        super().__init__()
        self.register_buffer("freqs", 2.0 ** torch.arange(freqs) * math.pi / 2)
        self.time_mlp = nn.Sequential(nn.Linear(2 * freqs, hidden), nn.SiLU())
        self.inp = nn.Linear(2, hidden)
        self.blocks = nn.ModuleList(nn.Sequential(nn.Linear(hidden, hidden), nn.SiLU()) for _ in range(3))
        self.out = nn.Linear(hidden, 2)

    def forward(self, x, t):
        angle = t[:, None].float() * self.freqs
        emb = self.time_mlp(torch.cat([angle.sin(), angle.cos()], 1))
        h = torch.nn.functional.silu(self.inp(x))
        for block in self.blocks:
            h = h + block(h + emb)
        return self.out(h)


model = Denoiser()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 2500)
data = spiral(4000)
for it in range(2500):
    x0 = data[torch.randint(len(data), (256,))]
    t = torch.randint(0, STEPS, (256,))
    noise = torch.randn_like(x0)
    xt = bar[t].sqrt()[:, None] * x0 + (1 - bar[t]).sqrt()[:, None] * noise
    loss = (model(xt, t // STEPS) - noise).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if it % 500 == 0:
        print(f"iter {it} loss {loss.item():.4f}")


@torch.no_grad()
def sample(n):
    x = torch.randn(n, 2)
    for i in reversed(range(STEPS)):
        t = torch.full((n,), i)
        eps = model(x, t // STEPS)
        x = (x - betas[i] / (1 - bar[i]).sqrt() * eps) / alphas[i].sqrt()
        if i:
            x = x + betas[i].sqrt() * torch.randn_like(x)
    return x


d = torch.cdist(sample(1500), spiral(1500))
print(f"FINAL distance={(d.min(0).values.mean() + d.min(1).values.mean()).item():.4f}")
