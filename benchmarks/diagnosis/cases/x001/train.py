"""RealNVP on two-dimensional toy densities, after Dinh et al. (2017)."""
import math
import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_moons

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


class AffineCoupling(nn.Module):
    def __init__(self, dim, hidden, flip):
        super().__init__()
        self.flip = flip
        half = dim // 2
        self.net = nn.Sequential(
            nn.Linear(half, hidden), nn.ReLU(),
            nn.Linear(hidden, hidden), nn.ReLU(),
            nn.Linear(hidden, 2 * half),
        )
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, x):
        a, b = x.chunk(2, dim=1)
        if self.flip:
            a, b = b, a
        s, t = self.net(a).chunk(2, dim=1)
        s = torch.tanh(s) * 2.0
        b = b * torch.exp(s) + t
        y = torch.cat([b, a], 1) if self.flip else torch.cat([a, b], 1)
        return y, s.sum(1)


class ActNorm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(dim))
        self.log_scale = nn.Parameter(torch.zeros(dim))

    def forward(self, x):
        return (x + self.shift) * self.log_scale.exp(), self.log_scale.sum().expand(len(x))


class RealNVP(nn.Module):
    def __init__(self, dim=2, hidden=64, depth=6):
        super().__init__()
        self.depth = depth
        self.norm = ActNorm(dim)
        self.steps = [AffineCoupling(dim, hidden, flip=k % 2 == 1) for k in range(depth)]

    def log_prob(self, x):
        z, total = self.norm(x)
        for step in self.steps:
            z, logdet = step(z)
            total = total + logdet
        base = -0.5 * (z ** 2).sum(1) - 0.5 * z.shape[1] * math.log(2 * math.pi)
        return base + total

    def forward(self, x):
        return self.log_prob(x)


def main():
    points, _ = make_moons(5000, noise=0.06, random_state=SEED)
    points = (points - points.mean(0)) / points.std(0)
    points = torch.tensor(points, dtype=torch.float32)
    train, held_out = points[:4000], points[4000:]

    flow = RealNVP()
    optimizer = torch.optim.Adam(flow.parameters(), lr=2e-3)
    for it in range(900):
        batch = train[torch.randint(len(train), (256,))]
        loss = -flow(batch).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if it % 150 == 0:
            print(f"iter {it} nll {loss.item():.3f}")

    with torch.no_grad():
        nll = -flow(held_out).mean().item()
    print(f"FINAL nll={nll:.4f}")


if __name__ == "__main__":
    main()
