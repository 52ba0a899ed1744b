import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
fixed = torch.Generator().manual_seed(17)
VOICES = torch.randn(20, 6, generator=fixed)                     # twenty speakers
MIX = torch.randn(6 + 10, 48, generator=fixed) / 4
MIX2 = torch.randn(48, 48, generator=fixed) / 7


def record(voice):
    """A short recording: the speaker's voice, mixed with room and microphone, which differ each time."""
    room = 1.3 * torch.randn(len(voice), 10)
    h = torch.tanh(torch.cat([voice, room], 1) @ MIX) @ MIX2
    return h + 0.05 * torch.randn_like(h)


def draw(n):
    who = torch.randint(0, len(VOICES), (n,))
    return VOICES[who] + 0.25 * torch.randn(n, 6), who


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(48, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 32))
        self.projector = nn.Sequential(nn.ReLU(), nn.Linear(32, 32))

    def forward(self, x):
        return F.normalize(self.projector(self.trunk(x)), dim=1)


class NTXent(nn.Module):
    def __init__(self, temperature=0.1):
        super().__init__()
        self.temperature = temperature

    def forward(self, z):
        n = len(z) // 2
        sim = z @ z.t() / self.temperature
        sim.fill_diagonal_(float("-inf"))
        partner = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
        return F.cross_entropy(sim, partner)


def two_views(voice):
    """(n, 6) voices -> (2n, 48) recordings"""
    pairs = torch.stack([record(voice), record(voice)], dim=1)
    return pairs.flatten(0, 1)


@torch.no_grad()
def knn(net):
    v, who = draw(1500)
    w, truth = draw(600)
    bank, query = F.normalize(net.trunk(record(v)), dim=1), F.normalize(net.trunk(record(w)), dim=1)
    near = (query @ bank.t()).topk(9, dim=1).indices
    return (who[near].mode(1).values == truth).float().mean().item()


net = Encoder()
criterion = NTXent()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
print(f"before training {knn(net):.4f}")
for step in range(1, 801):
    voice, _ = draw(64)
    loss = criterion(net(two_views(voice)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 160 == 0:
        print(f"step {step} loss {loss.item():.4f} knn {knn(net):.4f}")

print(f"FINAL accuracy={knn(net):.4f}")
