import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
LATENT = 8


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc_in = nn.Linear(LATENT, 64)
        self.fc_mid = nn.Linear(64, 64)
        self.fc_out = nn.Linear(64, 2)
        self.act = nn.LeakyReLU(0.2)

    def forward(self, z):
        return self.fc_out(self.act(self.fc_mid(self.act(self.fc_in(z)))))


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))

    def forward(self, x):
        return self.layers(x)


def real_points(n):
    t = torch.rand(n, 1) * 3
    return torch.cat([2 + 0.6 * t * torch.cos(2 * t), -1 + 0.6 * t * torch.sin(2 * t)], 1) + 0.05 * torch.randn(n, 2)


def frechet(a, b):
    ma, mb = a.mean(0), b.mean(0)
    ca, cb = torch.cov(a.T), torch.cov(b.T)
    values = torch.linalg.eigvals(ca @ cb).real.clamp(min=0)
    return ((ma - mb).pow(2).sum() + ca.trace() + cb.trace() - 2 * values.sqrt().sum()).item()


netG, netD = Generator(), Discriminator()
criterion = nn.BCEWithLogitsLoss()
optimizerD = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))
optimizerG = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))

for i in range(1000):
    real = real_points(128)
    ones, zeros = torch.ones(128, 1), torch.zeros(128, 1)
    netD.zero_grad()
    fake = netG(torch.randn(128, LATENT))
    errD = criterion(netD(real), ones) + criterion(netD(fake.detach()), zeros)
    errD.backward()
    optimizerD.step()

    netG.zero_grad()
    errG = criterion(netD(fake), ones)
    errG.backward()
    optimizerG.step()
    if i % 200 == 0:
        print("[%d/1000] Loss_D: %.4f Loss_G: %.4f" % (i, errD.item(), errG.item()))

with torch.no_grad():
    score = frechet(netG(torch.randn(3000, LATENT)), real_points(3000))
print("FINAL frechet=%.4f" % score)
