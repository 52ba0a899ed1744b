import os
import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

nz, batch_size, num_iter = 8, 128, 1200


def real_samples(n):
    """Eight spots on a circle of radius 2."""
    k = torch.randint(0, 8, (n,)) * (2 * torch.pi / 8)
    return torch.stack([2 * k.cos(), 2 * k.sin()], 1) + 0.15 * torch.randn(n, 2)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(nn.Linear(nz, 64), nn.ReLU(True), nn.Linear(64, 64), nn.ReLU(True), nn.Linear(64, 2))

    def forward(self, z):
        return self.main(z)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2),
                                  nn.Linear(64, 1), nn.Sigmoid())

    def forward(self, x):
        return self.main(x).view(-1)


netG, netD = Generator(), Discriminator()
criterion = nn.BCELoss()
optimizerD = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))
optimizerG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))

for i in range(num_iter):
    # (1) update D: maximize log(D(x)) + log(1 - D(G(z)))
    real = real_samples(batch_size)
    noise = torch.randn(batch_size, nz)
    fake = netG(noise)
    netD.zero_grad()
    errD_real = criterion(netD(real), torch.full((batch_size,), 1.0))
    errD_fake = criterion(netD(fake.detach()), torch.full((batch_size,), 0.0))
    errD = errD_real + errD_fake
    errD.backward()
    optimizerD.step()

    # (2) update G: maximize log(D(G(z)))
    netG.zero_grad()
    output = netD(fake)
    errG = criterion(output, torch.full((batch_size,), 1.0))
    errG.backward()
    optimizerG.step()
    if i % 200 == 0:
        print(f"[{i}/{num_iter}] Loss_D: {errD.item():.4f} Loss_G: {errG.item():.4f} D(G(z)): {output.mean().item():.4f}")


def energy(a, b):
    return (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()


with torch.no_grad():
    dist = energy(netG(torch.randn(2000, nz)), real_samples(2000))
print(f"FINAL energy_distance={dist:.4f}")
