import os
import math
import torch
import torch.nn as nn
import torch.optim as optim

manualSeed = int(os.environ.get("SEED", 0))
torch.manual_seed(manualSeed)

nz, ngf, ndf = 8, 64, 64
batch_size = 128
real_label, fake_label = 1.0, 0.0


def sample_real(n):
    t = torch.rand(n) * 2 * math.pi
    r = 2 + 0.1 * torch.randn(n)
    return torch.stack([r * torch.cos(t) + 1.0, r * torch.sin(t) * 0.5], 1)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.Linear(nz, ngf), nn.ReLU(True), nn.Linear(ngf, ngf), nn.ReLU(True), nn.Linear(ngf, 2)
        )

    def forward(self, z):
        return self.main(z)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.Linear(2, ndf), nn.LeakyReLU(0.2), nn.Linear(ndf, ndf), nn.LeakyReLU(0.2), nn.Linear(ndf, 1), nn.Sigmoid()
        )

    def forward(self, x):
        return self.main(x)


netG, netD = Generator(), Discriminator()
criterion = nn.BCELoss()
optimizerD = optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))
optimizerG = optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))
data = sample_real(4096)

for epoch in range(50):
    perm = torch.randperm(len(data))
    for i in range(0, len(data), batch_size):
        # (1) Update D network: maximize log(D(x)) + log(1 - D(G(z)))
        netD.zero_grad()
        real = data[perm[i:i + batch_size]]
        label = torch.full((len(real),), real_label)
        errD_real = criterion(netD(real).view(-1), label)
        noise = torch.randn(len(real), nz)
        fake = netG(noise)
        label = torch.full((len(real),), fake_label)
        output = netD(fake.detach()).view(-1)
        errD_fake = criterion(output, label)
        errD = errD_real + errD_fake
        errD.backward()
        optimizerD.step()

        # (2) Update G network: maximize log(D(G(z)))
        netG.zero_grad()
        label = torch.full((len(real),), real_label)
        output = netD(fake).view(-1)
        errG = criterion(output, label)
        errG.backward()
        optimizerG.step()
    if epoch % 5 == 0:
        print("[%d/50] Loss_D: %.4f Loss_G: %.4f" % (epoch, errD.item(), errG.item()))

with torch.no_grad():
    a, b = sample_real(2000), netG(torch.randn(2000, nz))
    ang = torch.linspace(0, math.pi, 17)[:-1]
    proj = torch.stack([ang.cos(), ang.sin()])
    dist = ((a @ proj).sort(0).values - (b @ proj).sort(0).values).abs().mean()
print("FINAL sliced_distance=%.4f" % dist.item())
