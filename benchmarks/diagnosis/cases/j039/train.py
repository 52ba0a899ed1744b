import os

import torch
import torch.nn as nn
from sklearn.datasets import make_moons
from torch.utils.data import DataLoader

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

opts = {"z": 6, "lr": 1e-3, "batch": 100, "epochs": 40, "hidden": 64}


class Generator(nn.Module):
    def __init__(self, z, h):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(z, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU(), nn.Linear(h, 2))

    def forward(self, z):
        return self.body(z)


class Discriminator(nn.Module):
    def __init__(self, h):
        super().__init__()
        self.score = nn.Sequential(nn.Linear(2, h), nn.LeakyReLU(0.2), nn.Linear(h, h), nn.LeakyReLU(0.2), nn.Linear(h, 1))

    def forward(self, x):
        return self.score(x).squeeze(1)


def moons(n, seed):
    pts, _ = make_moons(n, noise=0.05, random_state=seed)
    return torch.tensor(pts - [0.5, 0.25], dtype=torch.float32)


def mmd(a, b):
    k = lambda u, v: sum(torch.exp(-torch.cdist(u, v) ** 2 / s) for s in (0.1, 0.5, 2.0)).mean()
    return (k(a, a) + k(b, b) - 2 * k(a, b)).item()


netG, netD = Generator(opts["z"], opts["hidden"]), Discriminator(opts["hidden"])
optG = torch.optim.Adam(netG.parameters(), lr=opts["lr"], betas=(0.5, 0.999))
optD = torch.optim.Adam(netD.parameters(), lr=opts["lr"], betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()
loader = DataLoader(moons(3000, SEED), batch_size=opts["batch"], shuffle=True, drop_last=True)

for epoch in range(opts["epochs"]):
    for real in loader:
        n = len(real)
        fake = netG(torch.randn(n, opts["z"]))
        # discriminator
        lossD = bce(netD(real), torch.full((n,), 0.9)) + bce(netD(fake.detach()), torch.zeros(n))
        optD.zero_grad()
        lossD.backward()
        optD.step()
        # generator
        lossG = bce(netD(fake.detach()), torch.ones(n))
        optG.zero_grad()
        lossG.backward()
        optG.step()
    if epoch % 5 == 4:
        print("[%d/%d] D %.4f G %.4f" % (epoch + 1, opts["epochs"], lossD.item(), lossG.item()))

with torch.no_grad():
    print(f"FINAL mmd={mmd(netG(torch.randn(1000, opts['z'])), moons(1000, 99)):.4f}")
