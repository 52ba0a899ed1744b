import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X = torch.tensor(X / 8 - 1, dtype=torch.float32).view(-1, 1, 8, 8)
y = torch.tensor(y)
tr, te = train_test_split(torch.arange(len(X)).numpy(), test_size=0.3, stratify=y, random_state=1)
X_tr, y_tr, X_te, y_te = X[tr], y[tr], X[te], y[te]


def augment(x):
    """Shift by up to a pixel, scale the contrast, add noise, blank a small square."""
    x = F.pad(x, (1, 1, 1, 1), value=-1.0)
    r, c = torch.randint(0, 3, (2,)).tolist()
    x = x[:, :, r : r + 8, c : c + 8]
    x = x * (0.8 + 0.4 * torch.rand(len(x), 1, 1, 1)) + 0.25 * torch.randn_like(x)
    i, j = torch.randint(0, 7, (2,)).tolist()
    x = x.clone()
    x[:, :, i : i + 2, j : j + 2] = -1.0
    return x


class SimSiam(nn.Module):
    def __init__(self, dim=64):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 24, 3, padding=1, bias=False), nn.BatchNorm2d(24), nn.ReLU(),
            nn.Conv2d(24, 48, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(48), nn.ReLU(), nn.Flatten(),
        )
        self.projector = nn.Sequential(nn.Linear(48 * 16, dim, bias=False), nn.BatchNorm1d(dim), nn.ReLU(), nn.Linear(dim, dim, bias=False), nn.BatchNorm1d(dim, affine=False))
        self.predictor = nn.Sequential(nn.Linear(dim, 16, bias=False), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, dim))

    def forward(self, a, b):
        za, zb = self.projector(self.encoder(a)), self.projector(self.encoder(b))
        pa, pb = self.predictor(za), self.predictor(zb)
        return -(F.cosine_similarity(pa, zb.detach()).mean() + F.cosine_similarity(pb, za.detach()).mean()) / 2


model = SimSiam()
opt = torch.optim.SGD([
    {"params": [*model.encoder.parameters(), *model.projector.parameters()], "lr": 0.05},
    {"params": model.predictor.parameters(), "lr": 0.1},
], momentum=0.9, weight_decay=1e-4)
for epoch in range(25):
    model.train()
    for idx in torch.randperm(len(X_tr)).split(128):
        if len(idx) < 64:
            continue
        loss = model(augment(X_tr[idx]), augment(X_tr[idx]))
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} similarity loss {loss.item():.4f}")

model.eval()
few = torch.cat([torch.nonzero(y_tr == k).flatten()[:20] for k in range(10)])
with torch.no_grad():
    f_few, f_te = model.encoder(X_tr[few]), model.encoder(X_te)
probe = nn.Linear(f_few.shape[1], 10)
opt = torch.optim.AdamW(probe.parameters(), lr=2e-3, weight_decay=0.05)
for step in range(200):
    loss = F.cross_entropy(probe(f_few), y_tr[few])
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"FINAL accuracy={(probe(f_te).argmax(1) == y_te).float().mean().item():.4f}")
