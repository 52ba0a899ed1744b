import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
d = load_digits()
x = torch.tensor(d.images, dtype=torch.float32)[:, None] / 16
p = torch.randperm(len(x))
x, y = x[p], d.target[p.numpy()]


def augment(v):
    v = torch.roll(v, torch.randint(-1, 2, (2,)).tolist(), (2, 3))
    keep = (torch.rand(len(v), 1, 8, 8) > 0.1).float()
    return v * keep + 0.1 * torch.randn_like(v)


class Siam(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Conv2d(1, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(),
                               nn.Conv2d(24, 32, 3, 2, 1), nn.BatchNorm2d(32), nn.ReLU(), nn.Flatten(),
                               nn.Linear(512, 64), nn.BatchNorm1d(64))
        self.h = nn.Sequential(nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 64))

    def forward(self, a, b):
        za, zb = self.f(a), self.f(b)
        pa, pb = self.h(za), self.h(zb)
        return -0.5 * (F.cosine_similarity(pa, zb.detach()).mean() + F.cosine_similarity(pb, za.detach()).mean())


net = Siam()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
for epoch in range(8):
    net.train()
    for rows in torch.randperm(1400).split(70):
        loss = net(augment(x[rows]), augment(x[rows]))
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")
net.eval()
with torch.no_grad():
    z = F.normalize(net.f(x), dim=1).numpy()
knn = KNeighborsClassifier(5).fit(z[:1400], y[:1400])
print(f"FINAL accuracy={knn.score(z[1400:], y[1400:]):.4f}")
