import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def textures(n, s=20):
    """Gratings of eight orientations with random phase and frequency in noise."""
    y = rng.integers(0, 8, n)
    yy, xx = np.mgrid[:s, :s]
    th = (y * np.pi / 8 + rng.normal(0, 0.06, n))[:, None, None]
    f = rng.uniform(0.8, 1.4, n)[:, None, None]
    ph = rng.uniform(0, 6.28, n)[:, None, None]
    img = np.sin(f * (np.cos(th) * xx + np.sin(th) * yy) + ph) + rng.normal(0, 0.8, (n, s, s))
    return torch.tensor(img, dtype=torch.float32).unsqueeze(1), torch.tensor(y)


def conv(i, o, pool=False):
    layers = [nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.CELU(0.075)]
    if pool:
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


class Residual(nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return x + self.module(x)


model = nn.Sequential(
    conv(1, 16),
    conv(16, 32, pool=True),
    Residual(nn.Sequential(conv(32, 32))),
    conv(32, 48, pool=True),
    nn.AdaptiveMaxPool2d(1),
    nn.Flatten(),
    nn.Linear(48, 8, bias=False),
)

x, y = textures(2000)
x_test, y_test = textures(500)
EPOCHS, BS = 4, 64
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=0.6, total_steps=EPOCHS * -(-len(x) // BS), pct_start=0.3)

for epoch in range(EPOCHS):
    model.train()
    tot = 0.0
    for b in torch.randperm(len(x)).split(BS):
        loss = F.cross_entropy(model(x[b]), y[b], label_smoothing=0.1)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        sched.step()
        tot += loss.item() * len(b)
    model.eval()
    with torch.no_grad():
        acc = (model(x_test).argmax(1) == y_test).float().mean().item()
    print(f"epoch {epoch + 1} loss {tot / len(x):.4f} test {acc:.4f} lr {sched.get_last_lr()[0]:.4f}")

print(f"FINAL accuracy={acc:.4f}")
