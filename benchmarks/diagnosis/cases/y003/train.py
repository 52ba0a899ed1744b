import os

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

digits = load_digits()
x = torch.tensor(digits.images / 16.0, dtype=torch.float32).unsqueeze(1)
y = digits.target
perm = np.random.RandomState(3).permutation(len(x))
tr, te = perm[:1400], perm[1400:]
x_tr, x_te = x[tr], x[te]


def augment(img):
    """Random small rotation, zoom and shift, then pixel noise."""
    n = len(img)
    ang = (torch.rand(n) - 0.5) * 0.6
    zoom = 1 + (torch.rand(n) - 0.5) * 0.3
    shift = (torch.rand(n, 2) - 0.5) * 0.5
    c, s = torch.cos(ang) * zoom, torch.sin(ang) * zoom
    theta = torch.stack(
        [torch.stack([c, -s, shift[:, 0]], 1), torch.stack([s, c, shift[:, 1]], 1)], 1
    )
    grid = F.affine_grid(theta, list(img.shape), align_corners=False)
    out = F.grid_sample(img, grid, align_corners=False)
    return out + 0.1 * torch.randn_like(out)


class Encoder(nn.Module):
    def __init__(self, dim=64):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.Flatten(),
            nn.Linear(64 * 16, dim),
        )

    def forward(self, a):
        return self.net(a)


class SimCLR(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.projector = nn.Sequential(nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32))

    def forward(self, a):
        return F.normalize(self.projector(self.encoder(a)), dim=1)


def nt_xent(z1, z2, temperature=0.2):
    n = len(z1)
    z = torch.cat([z1, z2])
    sim = z @ z.t() / temperature
    sim.fill_diagonal_(float("-inf"))
    partner = torch.cat([torch.arange(n) + n, torch.arange(n)])
    return F.cross_entropy(sim, partner)


model = SimCLR()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(14):
    model.train()
    total = 0.0
    for idx in torch.randperm(len(x_tr)).split(140):
        batch = x_tr[idx]
        loss = nt_xent(model(augment(batch)), model(augment(batch)))
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    print(f"epoch {epoch}: nt-xent {total / 10:.3f}")

model.eval()
with torch.no_grad():
    f_tr, f_te = model.encoder(x_tr).numpy(), model.encoder(x_te).numpy()
mu, sd = f_tr.mean(0), f_tr.std(0)
probe = LogisticRegression(max_iter=500).fit((f_tr - mu) / sd, y[tr])
print(f"FINAL accuracy={probe.score((f_te - mu) / sd, y[te]):.4f}")
