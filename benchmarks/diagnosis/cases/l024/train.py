import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


@dataclass(frozen=True)
class SimCLRConfig:
    temperature: float = 0.1
    batch: int = 128
    steps: int = 240
    lr: float = 2e-3
    dim: int = 16


class NTXent(nn.Module):
    def __init__(self, temperature):
        super().__init__()
        self.temperature = temperature

    def forward(self, a, b):
        n = len(a)
        z = F.normalize(torch.cat([a, b]), dim=1)
        sim = z @ z.t() * self.temperature
        sim = sim.masked_fill(torch.eye(2 * n, dtype=torch.bool), float("-inf"))
        partner = (torch.arange(2 * n) + n) % (2 * n)
        return F.cross_entropy(sim, partner)


class TwoViews:
    """Random gain, offset, shift and noise; keeps the wave form."""

    def __init__(self, noise=0.3):
        self.noise = noise

    def one(self, x):
        gain = torch.empty(len(x), 1).uniform_(0.4, 1.8)
        offset = 1.5 * torch.randn(len(x), 1)
        shift = int(torch.randint(0, x.shape[1], (1,)))
        return torch.roll(x, shift, dims=1) * gain + offset + self.noise * torch.randn_like(x)

    def __call__(self, x):
        return self.one(x), self.one(x)


def waves(n):
    t = np.linspace(0, 1, 64, endpoint=False)[None]
    y = rng.integers(0, 8, n)
    ph = rng.random((n, 1))
    a = 2 * np.pi * (t + ph)
    k = (2 + y // 2)[:, None]
    x = np.where((y % 2 == 0)[:, None], np.sin(k * a), np.sign(np.sin(k * a)) * 0.6 + 0.4 * np.sin((k + 3) * a))
    x = x * rng.uniform(0.5, 1.5, (n, 1)) + rng.normal(0, 1.5, (n, 1)) + 0.4 * rng.normal(size=x.shape)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


class Encoder(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(1, 24, 9, stride=2, padding=4, padding_mode="circular"), nn.ReLU(),
            nn.Conv1d(24, 32, 9, stride=2, padding=4, padding_mode="circular"), nn.ReLU(),
            nn.AdaptiveAvgPool1d(1), nn.Flatten(),
        )
        self.projector = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, dim))

    def forward(self, x):
        return self.projector(self.body(x.unsqueeze(1)))


@torch.no_grad()
def knn(encoder, bank, bank_y, query, query_y, k=5):
    encoder.eval()
    b, q = F.normalize(encoder(bank), dim=1), F.normalize(encoder(query), dim=1)
    votes = bank_y[(q @ b.t()).topk(k, dim=1).indices]
    return (votes.mode(dim=1).values == query_y).float().mean().item()


cfg = SimCLRConfig()
x, y = waves(2500)
xt, yt = waves(600)
encoder, views, criterion = Encoder(cfg.dim), TwoViews(), NTXent(cfg.temperature)
opt = torch.optim.Adam(encoder.parameters(), lr=cfg.lr)
for step in range(1, cfg.steps + 1):
    encoder.train()
    a, b = views(x[torch.randperm(len(x))[: cfg.batch]])
    loss = criterion(encoder(a), encoder(b))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 60 == 0:
        print(f"step {step}: loss {loss.item():.4f}, knn {knn(encoder, x[:800], y[:800], xt, yt):.3f}")
print(f"FINAL knn_accuracy={knn(encoder, x, y, xt, yt):.4f}")
