import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def spectra(n, instrument):
    """Peaks of three substances; the second instrument shifts the baseline, tilts it and adds a band of its own."""
    t = np.linspace(0, 1, 60)
    y = rng.integers(0, 3, n)
    centre = np.array([0.3, 0.45, 0.6])[y][:, None] + rng.normal(0, 0.015, (n, 1))
    x = rng.uniform(0.5, 1.0, (n, 1)) * np.exp(-((t - centre) / 0.05) ** 2)
    if instrument == 1:
        x = 0.8 * x + rng.uniform(0.2, 0.6, (n, 1)) * t + rng.uniform(0.2, 0.7, (n, 1)) * np.exp(-((t - 0.53 - rng.normal(0, 0.02, (n, 1))) / 0.06) ** 2)
    x += rng.normal(0, 0.06, (n, 60))
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


class ReverseGrad(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, strength):
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad):
        return -grad * ctx.strength, None


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(60, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
        self.substance = nn.Linear(32, 3)
        self.instrument = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))

    def forward(self, x, strength=1.0):
        f = self.features(x)
        return self.substance(f), self.instrument(ReverseGrad.apply(f, strength))


xs, ys = spectra(1500, 0)
xu, _ = spectra(1500, 1)              # no labels for the second instrument
xt, yt = spectra(800, 1)
net = Net()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
steps = 900
for step in range(steps):
    strength = 2 / (1 + np.exp(-8 * step / steps)) - 1
    a, b = torch.randint(0, 1500, (64,)), torch.randint(0, 1500, (64,))
    cls, dom = net(torch.cat([xs[a], xu[b]]), strength)
    where = torch.cat([torch.zeros(64), torch.ones(64)]).long()
    class_loss, domain_loss = F.cross_entropy(cls[:64], ys[a]), F.cross_entropy(dom, where)
    opt.zero_grad()
    (class_loss + domain_loss).backward()
    opt.step()
    if step % 150 == 0:
        print(f"step {step} class {class_loss.item():.4f} domain {domain_loss.item():.4f}")

with torch.no_grad():
    acc = (net(xt)[0].argmax(1) == yt).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
