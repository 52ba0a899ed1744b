"""Self-supervised matching of two augmented views (NT-Xent)."""
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)


def blobs(n, s=16):
    """Each picture: three coloured gaussian spots."""
    g = np.stack(np.meshgrid(np.arange(s), np.arange(s), indexing="ij")).astype(np.float32)
    img = np.zeros((n, 3, s, s), np.float32)
    for i in range(n):
        for _ in range(3):
            c = rng.uniform(3, s - 3, (2, 1, 1))
            r = rng.uniform(1.0, 2.5)
            img[i] += rng.rand(3, 1, 1) * np.exp(-((g - c) ** 2).sum(0) / (2 * r * r))
    return torch.from_numpy(img)


def augment(x):
    x = torch.roll(x, tuple(np.random.randint(-2, 3, 2)), (2, 3))
    if np.random.rand() < 0.5:
        x = x.flip(3)
    gain = 0.6 + 0.8 * torch.rand(x.size(0), 1, 1, 1)
    return x * gain + 0.1 * torch.randn_like(x)


class Encoder(nn.Module):
    def __init__(self, out=32):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(3, 12, 3, padding=1), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(12, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        )
        self.proj = nn.Sequential(nn.Flatten(), nn.Linear(32 * 16, 64), nn.ReLU(), nn.Linear(64, out))

    def forward(self, x):
        return self.proj(self.conv(x))


class SimCLRLoss(nn.Module):
    def __init__(self, temperature=0.5):
        super().__init__()
        self.temperature = temperature

    def forward(self, za, zb):
        za = F.normalize(za, dim=0)
        zb = F.normalize(zb, dim=0)
        z = torch.cat([za, zb])
        n = za.size(0)
        sim = z @ z.t() / self.temperature
        sim.fill_diagonal_(-1e9)
        target = torch.arange(2 * n).roll(n)
        return F.cross_entropy(sim, target)


images, held_out = blobs(2048), blobs(256)
np.random.seed(SEED)
net, criterion = Encoder(), SimCLRLoss()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(9):
    net.train()
    total = 0.0
    for idx in torch.randperm(len(images)).split(128):
        x = images[idx]
        loss = criterion(net(augment(x)), net(augment(x)))
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() / 16
    print(f"epoch {epoch}: contrastive loss {total:.4f}")

net.eval()
with torch.no_grad():
    hits = []
    for _ in range(6):
        a = F.normalize(net(augment(held_out)), dim=1)
        b = F.normalize(net(augment(held_out)), dim=1)
        hits.append(((a @ b.t()).argmax(1) == torch.arange(256)).float().mean().item())
print(f"FINAL top1={np.mean(hits):.4f}")
