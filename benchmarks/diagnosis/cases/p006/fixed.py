import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
gen = np.random.default_rng(seed)
RATE, LENGTH = 1000, 400


def tones(n):
    """Noisy clips of one of eight notes."""
    note = gen.integers(0, 8, n)
    hz = 60 + 30 * note + gen.uniform(-4, 4, n)
    t = np.arange(LENGTH) / RATE
    clip = np.sin(2 * np.pi * hz[:, None] * t + gen.uniform(0, 6.28, (n, 1)))
    return torch.from_numpy((clip + gen.normal(0, 1.0, clip.shape)).astype("float32")), torch.from_numpy(note)


class FilterBank(nn.Module):
    def __init__(self, n_filters=6, width=64):
        super().__init__()
        self.kernels = nn.Parameter(torch.randn(n_filters, 1, width) / width ** 0.5)

    def forward(self, clip):
        return F.conv1d(clip.unsqueeze(1), self.kernels, stride=8).abs()


def loudness(bands):
    # decibel scale with a floor, normalised per clip
    db = 20 * torch.log10(bands.clamp(min=1e-2))
    return (db - db.mean((1, 2), keepdim=True)) / (db.std((1, 2), keepdim=True, unbiased=False) + 1e-6)


class NoteNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.bank = FilterBank()
        self.temporal = nn.GRU(6, 24, batch_first=True)
        self.fc = nn.Linear(24, 8)

    def forward(self, clip):
        spec = loudness(self.bank(clip))
        out, _ = self.temporal(spec.transpose(1, 2))
        return self.fc(out.mean(1))


x, y = tones(1600)
x_test, y_test = tones(400)
net = NoteNet()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(10):
    order = torch.randperm(len(x))
    for i in range(0, len(x), 50):
        pick = order[i:i + 50]
        opt.zero_grad()
        loss = F.cross_entropy(net(x[pick]), y[pick])
        loss.backward()
        opt.step()
    with torch.no_grad():
        acc = (net(x_test).argmax(1) == y_test).float().mean().item()
    print(f"epoch {epoch}: train loss {loss.item():.3f}, test accuracy {acc:.3f}")
print(f"FINAL accuracy={acc:.4f}")
