import os

import torch
from torch import autograd, nn, optim

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
LAMBDA, CRITIC_ITERS, Z = 1.0, 3, 6


def real(n):
    t = torch.rand(n, 1).sqrt() * 9
    return torch.cat([t * t.cos(), t * t.sin()], 1) / 6 + 0.03 * torch.randn(n, 2)


def block(i, o, width=64):
    return nn.Sequential(nn.Linear(i, width), nn.LeakyReLU(0.1), nn.Linear(width, width), nn.LeakyReLU(0.1), nn.Linear(width, o))


G, D = block(Z, 2), block(2, 1)
optG = optim.Adam(G.parameters(), lr=2e-3, betas=(0.0, 0.9))
optD = optim.Adam(D.parameters(), lr=3e-3, betas=(0.0, 0.9))


def gradient_penalty(x, y):
    a = torch.rand(len(x), 1)
    mid = (a * x + (1 - a) * y).requires_grad_(True)
    g, = autograd.grad(D(mid).sum(), mid, create_graph=True)
    return ((g.norm(2, dim=1) - 1) ** 2).mean()


for it in range(375):
    for _ in range(CRITIC_ITERS):
        x, fake = real(128), G(torch.randn(128, Z)).detach()
        lossD = D(fake).mean() - D(x).mean() + LAMBDA * gradient_penalty(x, fake)
        optD.zero_grad()
        lossD.backward()
        optD.step()
    lossG = -D(G(torch.randn(128, Z))).mean()
    optG.zero_grad()
    lossG.backward()
    optG.step()
    if it % 50 == 0:
        print(f"iteration {it} critic {lossD.item():.3f} generator {lossG.item():.3f}")


def frechet(a, b):
    ca, cb = torch.cov(a.T), torch.cov(b.T)
    root = torch.linalg.eigvals(ca @ cb).real.clamp(min=0).sqrt().sum()
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + ca.trace() + cb.trace() - 2 * root


with torch.no_grad():
    print(f"FINAL frechet={frechet(G(torch.randn(4000, Z)), real(4000)).item():.4f}")
