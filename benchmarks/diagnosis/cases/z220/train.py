import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))
d = load_digits()
X = torch.tensor(d.images, dtype=torch.float32)[:, None] / 16
Y = torch.tensor(d.target)
perm = torch.randperm(len(X))
X, Y = X[perm], Y[perm]
n_train = 1300


def augment(x):
    n = len(x)
    theta = torch.zeros(n, 2, 3)
    ang = (torch.rand(n) - 0.5) * 0.5
    sc = 0.85 + 0.3 * torch.rand(n)
    theta[:, 0, 0] = theta[:, 1, 1] = ang.cos() * sc
    theta[:, 0, 1], theta[:, 1, 0] = -ang.sin() * sc, ang.sin() * sc
    theta[:, :, 2] = (torch.rand(n, 2) - 0.5) * 0.3
    x = F.grid_sample(x, F.affine_grid(theta, x.shape, align_corners=False), align_corners=False)
    return x * (0.7 + 0.6 * torch.rand(n, 1, 1, 1)) + 0.05 * torch.randn_like(x)


encoder = nn.Sequential(
    nn.Conv2d(1, 24, 3, padding=1, bias=False), nn.BatchNorm2d(24), nn.ReLU(),
    nn.Conv2d(24, 48, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(48), nn.ReLU(),
    nn.Conv2d(48, 48, 3, padding=1, bias=False), nn.BatchNorm2d(48), nn.ReLU(),
    nn.Flatten(), nn.Linear(48 * 16, 64),
)
projector = nn.Sequential(nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32))
params = list(encoder.parameters()) + list(projector.parameters())
opt = torch.optim.AdamW(params, lr=2e-3, weight_decay=1e-4)


def nt_xent(a, b, tau=0.2):
    z = F.normalize(torch.cat([a, b]), dim=1)
    sim = z @ z.t() / tau
    sim.fill_diagonal_(float("-inf"))
    n = len(a)
    target = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
    return F.cross_entropy(sim, target)


for epoch in range(14):
    order = torch.randperm(n_train)
    total = 0.0
    for i in range(0, n_train - 127, 128):
        x = X[order[i:i + 128]]
        loss = nt_xent(projector(encoder(augment(x))), projector(encoder(augment(x))))
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    print(f"pretrain {epoch}: {total / (n_train // 128):.3f}")

encoder.eval()
for p in encoder.parameters():
    p.requires_grad = False
probe = nn.Linear(64, 10)
opt = torch.optim.Adam(probe.parameters(), lr=1e-2)
for epoch in range(30):
    order = torch.randperm(n_train)
    for i in range(0, n_train, 100):
        idx = order[i:i + 100]
        loss = F.cross_entropy(probe(encoder(X[idx])), Y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
print("probe loss", loss.item())
acc = (probe(encoder(X[n_train:])).argmax(1) == Y[n_train:]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
