import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

d = load_digits()
x = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(d.target)
p = torch.randperm(len(y))
x_tr, y_tr, x_te, y_te = x[p[:1400]], y[p[:1400]], x[p[1400:]], y[p[1400:]]


def view(img):
    """Shift by up to one pixel, scale the ink and add noise."""
    shift = torch.randint(-1, 2, (2,)).tolist()
    out = torch.roll(img, shift, (2, 3))
    ink = 0.7 + 0.6 * torch.rand(len(img), 1, 1, 1)
    return out * ink + 0.1 * torch.randn_like(img)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(),
                                  nn.Flatten(), nn.Linear(512, 64))
        self.projector = nn.Sequential(nn.ReLU(), nn.Linear(64, 32))

    def forward(self, x):
        return F.normalize(self.projector(self.conv(x)), dim=1)


net = Encoder()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(7):
    for rows in torch.randperm(len(x_tr)).split(100):
        a, b = net(view(x_tr[rows])), net(view(x_tr[rows]))
        logits = a @ b.T / 0.2
        target = torch.arange(len(rows))
        loss = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch} nce {loss.item():.4f}")

net.eval()
with torch.no_grad():
    f_tr, f_te = net.conv(x_tr), net.conv(x_te)
    mu, sd = f_tr.mean(0), f_tr.std(0)
    f_tr, f_te = (f_tr - mu) / sd, (f_te - mu) / sd
probe = nn.Linear(64, 10)
opt = torch.optim.Adam(probe.parameters(), lr=1e-2)
for step in range(150):
    rows = torch.randint(0, len(f_tr), (100,))
    loss = F.cross_entropy(probe(f_tr[rows]), y_tr[rows])
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"probe loss {loss.item():.4f}")
acc = (probe(f_te).argmax(1) == y_te).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
