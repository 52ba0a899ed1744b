import os
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))

nz = 8


def data(n):
    """Ring of eight spots."""
    k = torch.randint(0, 8, (n,)) * (torch.pi / 4)
    return torch.stack([2 * k.cos(), 2 * k.sin()], 1) + 0.15 * torch.randn(n, 2)


G = nn.Sequential(nn.Linear(nz, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
D = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.99))
opt_d = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.99))


def requires_grad(net, flag):
    for p in net.parameters():
        p.requires_grad_(flag)


# hinge loss, two critic updates for one of the generator
for it in range(1, 1201):
    requires_grad(D, True)
    requires_grad(G, False)
    for _ in range(2):
        real, fake = data(128), G(torch.randn(128, nz))
        loss_d = F.relu(1 - D(real)).mean() + F.relu(1 + D(fake)).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
    requires_grad(D, False)
    requires_grad(G, True)
    loss_g = -D(G(torch.randn(128, nz))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    if it % 200 == 0:
        print(f"iter {it}: D {loss_d.item():.3f} G {loss_g.item():.3f}")

with torch.no_grad():
    a, b = G(torch.randn(2000, nz)), data(2000)
    e = 2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()
print(f"FINAL energy_distance={e.item():.4f}")
