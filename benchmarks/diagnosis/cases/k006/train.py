import math
import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
Z = 4


def ring(n):
    k = torch.randint(0, 8, (n,))
    a = 2 * math.pi * k / 8
    return 1.5 * torch.stack([a.cos(), a.sin()], 1) + 0.08 * torch.randn(n, 2)


def mlp(i, o, h=96):
    return nn.Sequential(nn.Linear(i, h), nn.LeakyReLU(0.2), nn.Linear(h, h), nn.LeakyReLU(0.2), nn.Linear(h, o))


def gradient_penalty(critic, real, fake):
    eps = torch.rand(len(real), 1)
    x = (eps * real + (1 - eps) * fake).requires_grad_(True)
    g = torch.autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return ((g.norm(dim=1) - 1) ** 2).mean()


gen, critic = mlp(Z, 2), mlp(2, 1)
opt_g = torch.optim.Adam(gen.parameters(), lr=5e-4, betas=(0.0, 0.9))
opt_c = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.0, 0.9))

for it in range(900):
    for _ in range(4):
        real = ring(128)
        with torch.no_grad():
            fake = gen(torch.randn(128, Z))
        loss_c = critic(fake).mean() - critic(real).mean() + 2.0 * gradient_penalty(critic, real, fake)
        opt_c.zero_grad()
        loss_c.backward()
        opt_c.step()
    loss_g = -critic(gen(torch.randn(128, Z))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    if it % 100 == 0:
        print(f"{it:5d} critic {loss_c.item():+.4f} generator {loss_g.item():+.4f}")

with torch.no_grad():
    made, real = gen(torch.randn(4000, Z)), ring(4000)
centres = 1.5 * torch.tensor([[math.cos(2 * math.pi * k / 8), math.sin(2 * math.pi * k / 8)] for k in range(8)])
share = torch.bincount(torch.cdist(made, centres).argmin(1), minlength=8).float() / 4000
missed = (share < 0.03).float().mean()
mean_gap = (made.mean(0) - real.mean(0)).pow(2).sum()
cov_gap = (made.T.cov() - real.T.cov()).pow(2).sum()
print("share of each mode", [round(s, 3) for s in share.tolist()])
print(f"FINAL frechet={(mean_gap + cov_gap + missed).item():.4f}")
