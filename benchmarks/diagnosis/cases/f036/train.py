import os

import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

N_ATOMS, SPECIES = 6, 4


def molecules(n):
    kinds = torch.randint(0, SPECIES, (n, N_ATOMS))
    xyz = torch.randn(n, N_ATOMS, 3) * 1.2
    charge = torch.tensor([1.0, -1.0, 0.5, -0.7])[kinds]
    d = (xyz[:, :, None] - xyz[:, None]).pow(2).sum(-1)
    pair = (charge[:, :, None] * charge[:, None]) * torch.exp(-d / 3)
    energy = -40000.0 + 20 * pair.sum((1, 2)) + 2 * torch.randn(n)
    return kinds, xyz, energy


class EnergyModel(nn.Module):
    """sum over atoms of a net of smeared neighbour densities"""

    def __init__(self, width=64):
        super().__init__()
        self.embed = nn.Embedding(SPECIES, 8)
        self.filters = nn.Sequential(nn.Linear(8, 32), nn.SiLU(), nn.Linear(32, 16))
        self.atom = nn.Sequential(nn.Linear(16 * 4 + 8, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.readout = nn.Linear(width, 1)
        self.register_buffer("scales", torch.tensor([0.8, 1.6, 3.0, 6.0]))

    def forward(self, kinds, xyz):
        e = self.embed(kinds)
        d = (xyz[:, :, None] - xyz[:, None]).pow(2).sum(-1)
        w = torch.exp(-d[..., None] / self.scales)
        dens = torch.einsum("nijs,njf->nisf", w, self.filters(e)).flatten(2)
        return self.readout(self.atom(torch.cat([dens, e], -1))).sum((1, 2))


train, test = molecules(2000), molecules(500)
offset, spread = 0.0, 1.0

net = EnergyModel()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(20):
    perm = torch.randperm(2000)
    for b in perm.split(50):
        pred = net(train[0][b], train[1][b])
        loss = nn.functional.mse_loss(pred, (train[2][b] - offset) / spread)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 4 == 0:
        print(f"epoch {epoch} mse {loss.item():.3f}")

with torch.no_grad():
    predicted = net(test[0], test[1]) * spread + offset
r2 = 1 - (predicted - test[2]).pow(2).mean() / test[2].var()
print(f"FINAL r2={r2.item():.4f}")
