import copy
import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

digits = load_digits()
X = torch.tensor(digits.images / 16.0, dtype=torch.float32).unsqueeze(1)
y = digits.target
idx = np.random.RandomState(8).permutation(len(X))
tr, te = idx[:1440], idx[1440:]


def view(x):
    dx, dy = np.random.randint(-1, 2, size=2)
    x = torch.roll(x, (int(dx), int(dy)), (2, 3))
    x = x * (torch.rand(len(x), 1, 8, 8) > 0.15)
    return x + 0.1 * torch.randn_like(x)


def head(i, h, o):
    return nn.Sequential(nn.Linear(i, h), nn.BatchNorm1d(h), nn.ReLU(), nn.Linear(h, o))


class Online(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(),
            nn.MaxPool2d(2), nn.Flatten(),
        )
        self.projector = head(256, 128, 64)
        self.predictor = head(64, 128, 64)

    def project(self, x):
        return self.projector(self.encoder(x))

    def forward(self, x):
        return self.predictor(self.project(x))


online = Online()
target = copy.deepcopy(online)
for p in target.parameters():
    p.requires_grad = False


def regression_loss(p, z):
    return 2 - 2 * F.cosine_similarity(p, z.detach(), dim=-1).mean()


opt = torch.optim.Adam(online.parameters(), lr=1e-3, weight_decay=1e-5)
for epoch in range(16):
    online.train()
    tau = 0.98
    for b in torch.randperm(len(tr)).split(96):
        x = X[tr[b.numpy()]]
        a, c = view(x), view(x)
        loss = regression_loss(online(a), target.project(c)) + regression_loss(online(c), target.project(a))
        opt.zero_grad()
        loss.backward()
        opt.step()
        with torch.no_grad():
            for q, p in zip(target.parameters(), online.parameters()):
                q.mul_(tau).add_(p, alpha=1 - tau)
    print(epoch, round(loss.item(), 4))

online.eval()
with torch.no_grad():
    F_tr, F_te = online.encoder(X[tr]).numpy(), online.encoder(X[te]).numpy()
sc = StandardScaler().fit(F_tr)
probe = LogisticRegression(max_iter=400, C=0.1).fit(sc.transform(F_tr), y[tr])
print(f"FINAL accuracy={probe.score(sc.transform(F_te), y[te]):.4f}")
