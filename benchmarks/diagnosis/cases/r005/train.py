import os

import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


def rings(n):
    r = torch.where(torch.rand(n) < 0.5, 0.8, 2.0) + 0.08 * torch.randn(n)
    a = 2 * np.pi * torch.rand(n)
    return torch.stack([r * a.cos(), r * a.sin()], 1)


class Energy(nn.Module):
    def __init__(self, h=96):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, 1))

    def forward(self, x):
        return self.net(x).squeeze(1)


def langevin(energy, x, steps=12, size=0.02):
    for p in energy.parameters():
        p.requires_grad_(False)
    for _ in range(steps):
        x = x.detach().requires_grad_(True)
        g, = torch.autograd.grad(energy(x).sum(), x)
        x = x - size * g.clamp(-5, 5) + (2 * size) ** 0.5 * torch.randn_like(x) * 0.5
    for p in energy.parameters():
        p.requires_grad_(True)
    return x.detach().clamp(-4, 4)


energy = Energy()
optimizer = torch.optim.Adam(energy.parameters(), lr=1.5e-3, betas=(0.5, 0.99))
chains = torch.rand(1000, 2) * 5 - 2.5
for it in range(900):
    real = rings(128)
    pick = torch.randint(0, 1000, (128,))
    start = chains[pick]
    fresh = torch.rand(128, 1) < 0.05
    start = torch.where(fresh, torch.rand(128, 2) * 5 - 2.5, start)
    fake = langevin(energy, start)
    chains[pick] = fake
    e_real, e_fake = energy(real), energy(fake)
    loss = e_real.mean() - e_fake.mean() + 0.02 * (e_real ** 2 + e_fake ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if it % 100 == 0:
        print(f"it {it} loss {loss.item():+.4f}")

# can the energy tell ring points from points spread over the square?
energy.eval()
with torch.no_grad():
    on = energy(rings(3000))
    off = energy(torch.rand(3000, 2) * 5 - 2.5)
    auc = (on[:, None] < off[None, :]).float().mean().item()
print(f"FINAL auc={auc:.4f}")
