"""Fit an image as a function of its coordinates; measure on the pixels left out."""
import math
import os

import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

INITIALISERS = {}


def initialises(name):
    def register(fn):
        INITIALISERS[name] = fn
        return fn
    return register


class SineLayer(nn.Module):
    def __init__(self, n_in, n_out, omega=30.0, first=False):
        super().__init__()
        self.omega, self.first = omega, first
        self.linear = nn.Linear(n_in, n_out)

    def forward(self, x):
        return torch.sin(self.omega * self.linear(x))


@initialises("SineLayer")
@torch.no_grad()
def init_sine(layer):
    n = layer.linear.in_features
    bound = 0.3 / n if layer.first else math.sqrt(6 / n) / layer.omega
    layer.linear.weight.uniform_(-bound, bound)


@initialises("BatchNorm1d")
def init_norm(layer):
    nn.init.ones_(layer.weight)


class ImplicitImage(nn.Module):
    def __init__(self, width=64, depth=3):
        super().__init__()
        layers = [SineLayer(2, width, first=True)]
        layers += [SineLayer(width, width) for _ in range(depth - 1)]
        self.net = nn.Sequential(*layers, nn.Linear(width, 1))
        self.apply(self._init)

    @staticmethod
    def _init(module):
        fn = INITIALISERS.get(type(module).__name__)
        if fn is not None:
            fn(module)

    def forward(self, xy):
        return self.net(xy).squeeze(-1)


def picture(xy, n_blobs=7):
    g = torch.Generator().manual_seed(SEED + 7)
    out = 0.4 * torch.sin(5 * xy[:, 0] + 2 * xy[:, 1])
    for _ in range(n_blobs):
        c = torch.rand(2, generator=g) * 2 - 1
        s = 0.15 + 0.25 * torch.rand(1, generator=g)
        out = out + torch.sign(torch.randn(1, generator=g)) * torch.exp(-((xy - c) ** 2).sum(1) / (2 * s * s))
    return out


axis = torch.linspace(-1, 1, 56)
coords = torch.cartesian_prod(axis, axis)
values = picture(coords)
values = (values - values.mean()) / values.std()
perm = torch.randperm(len(coords))
seen, hidden = perm[:1600], perm[1600:]

model = ImplicitImage()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for it in range(1, 401):
    batch = seen[torch.randint(len(seen), (400,))]
    loss = (model(coords[batch]) - values[batch]).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if it % 100 == 0:
        print(f"iteration {it} mse {loss.item():.5f}")

with torch.no_grad():
    err = (model(coords[hidden]) - values[hidden]).square().mean()
print(f"FINAL r2={1 - err.item() / values[hidden].var(unbiased=False).item():.4f}")
