import math
import os

import torch
from torch import autograd, nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def ring(n):
    k = torch.randint(0, 8, (n,))
    angle = k * (2 * math.pi / 8)
    centre = torch.stack([angle.cos(), angle.sin()], 1) * 1.5
    return centre + 0.08 * torch.randn(n, 2)


def mlp(i, o, width=96):
    return nn.Sequential(
        nn.Linear(i, width), nn.LeakyReLU(0.2),
        nn.Linear(width, width), nn.LeakyReLU(0.2),
        nn.Linear(width, o),
    )


Z, BATCH, N_CRITIC, LAMBDA = 4, 128, 4, 1.0
G, D = mlp(Z, 2), mlp(2, 1)
opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.0, 0.9))
opt_d = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.0, 0.9))
fade = [torch.optim.lr_scheduler.LambdaLR(o, lambda k: min(1.0, 2.2 * (1 - k / 520))) for o in (opt_g, opt_d)]


def gradient_penalty(real, fake):
    eps = torch.rand(len(real), 1)
    mid = (eps * real + (1 - eps) * fake).requires_grad_(True)
    grad, = autograd.grad(D(mid).sum(), mid, create_graph=True)
    return ((grad.norm(2, dim=1) - 1) ** 2).mean()


for it in range(1, 521):
    for p in D.parameters():
        p.requires_grad_(True)
    for _ in range(N_CRITIC):
        real = ring(BATCH)
        with torch.no_grad():
            fake = G(torch.randn(BATCH, Z))
        wdist = D(real).mean() - D(fake).mean()
        d_loss = -wdist + LAMBDA * gradient_penalty(real, fake)
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()

    for p in D.parameters():
        p.requires_grad_(False)
    g_loss = -D(G(torch.randn(BATCH, Z))).mean()
    opt_g.zero_grad()
    g_loss.backward()
    opt_g.step()
    for f in fade:
        f.step()
    if it % 100 == 0:
        print(f"iter {it}: W {wdist.item():.3f}  D {d_loss.item():.3f}  G {g_loss.item():.3f}")

# energy distance between generated and fresh real points
with torch.no_grad():
    a, b = G(torch.randn(1500, Z)), ring(1500)
    e = 2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()
print(f"FINAL energy_distance={e.item():.4f}")
