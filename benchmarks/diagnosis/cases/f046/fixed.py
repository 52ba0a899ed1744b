import os
import math
import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
T = 50
betas = torch.linspace(1e-3, 0.15, T)
alpha_bar = torch.cumprod(1 - betas, 0)


def checkerboard(n):
    x = torch.randint(0, 4, (n,)) + torch.rand(n)
    shift = (x.floor() % 2)
    y = 2 * torch.randint(0, 2, (n,)) + shift + torch.rand(n)
    return (torch.stack([x, y], 1) - 2) / 1.2


class Denoiser(nn.Module):
    def __init__(self, width=96):
        super().__init__()
        self.freqs = nn.Buffer(torch.exp(torch.linspace(0, math.log(50), 8)))
        self.net = nn.Sequential(
            nn.Linear(2 + 16, width), nn.SiLU(),
            nn.Linear(width, width), nn.SiLU(),
            nn.Linear(width, width), nn.SiLU(),
            nn.Linear(width, 2))

    def forward(self, x, t):
        a = (t / T)[:, None] * self.freqs
        return self.net(torch.cat([x, a.sin(), a.cos()], dim=1))


def noise_loss(model, x0):
    t = torch.randint(0, T, (len(x0),))
    eps = torch.randn_like(x0)
    a = alpha_bar[t][:, None]
    xt = a.sqrt() * x0 + (1 - a).sqrt() * eps
    return (model(xt, t) - eps).pow(2).mean()


model = Denoiser()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
for step in range(700):
    loss = noise_loss(model, checkerboard(256))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"step {step:4d}: {loss.item():.4f}")

with torch.no_grad():
    test = sum(noise_loss(model, checkerboard(1000)).item() for _ in range(10)) / 10
print(f"FINAL noise_mse={test:.4f}")
