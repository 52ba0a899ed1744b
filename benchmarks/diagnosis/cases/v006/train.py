import os

import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

# WGAN with weight clipping on a ring of six Gaussians
N_CRITIC, CLIP, Z = 5, 0.05, 4
angles = torch.arange(6) * (2 * np.pi / 6)
CENTRES = torch.stack([angles.cos(), angles.sin()], 1) * 1.5


def real_batch(n):
    return CENTRES[torch.randint(0, 6, (n,))] + 0.15 * torch.randn(n, 2)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.Linear(Z, 64), nn.ReLU(True),
            nn.Linear(64, 64), nn.ReLU(True),
            nn.Linear(64, 2),
        )

    def forward(self, z):
        return self.main(z)


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.Linear(2, 96), nn.LeakyReLU(0.2),
            nn.Linear(96, 96), nn.LeakyReLU(0.2),
            nn.Linear(96, 1),
        )

    def forward(self, x):
        return self.main(x).view(-1)


netG, netD = Generator(), Critic()
optG = torch.optim.RMSprop(netG.parameters(), lr=1e-3)
optD = torch.optim.RMSprop(netD.parameters(), lr=1e-3)

for it in range(700):
    for _ in range(N_CRITIC):
        fake = netG(torch.randn(128, Z)).detach()
        lossD = netD(fake).mean() - netD(real_batch(128)).mean()
        optD.zero_grad()
        lossD.backward()
        optD.step()
        with torch.no_grad():
            for p in netD.parameters():
                p.clamp_(-CLIP, CLIP)
    lossG = -netD(netG(torch.randn(128, Z))).mean()
    optG.zero_grad()
    lossG.backward()
    optG.step()
    if it % 100 == 0:
        print(f"[{it}] critic {lossD.item():+.5f} generator {lossG.item():+.5f}")

netG.eval()
with torch.no_grad():
    a, b = netG(torch.randn(1500, Z)), real_batch(1500)
    energy = 2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()
print(f"FINAL energy_distance={energy.item():.4f}")
