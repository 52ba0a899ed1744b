import copy
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))
d = load_digits()
x = (torch.tensor(d.data, dtype=torch.float32) - 4.9) / 6
y = torch.tensor(d.target)
p = torch.randperm(len(x))
x, y = x[p], y[p]


def view(x):
    x = x.view(-1, 8, 8)
    x = torch.roll(x, int(torch.randint(-1, 2, (1,))), 1 + int(torch.randint(0, 2, (1,))))
    x = x * (0.8 + 0.4 * torch.rand(len(x), 1, 1)) + 0.3 * torch.randn_like(x)
    return (x * (torch.rand_like(x) > 0.2)).flatten(1)


def head(i, h, o):
    return nn.Sequential(nn.Linear(i, h), nn.BatchNorm1d(h), nn.ReLU(), nn.Linear(h, o))


class Online(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64))
        self.projector = head(64, 64, 32)
        self.predictor = head(32, 64, 32)

    def project(self, x):
        return self.projector(self.encoder(x))

    def forward(self, x):
        return self.predictor(self.project(x))


online = Online()
target = copy.deepcopy(online)
for q in target.parameters():
    q.requires_grad = False
opt = torch.optim.AdamW(online.parameters(), lr=2e-3, weight_decay=1e-4)
for epoch in range(20):
    for rows in torch.randperm(1200).split(100):
        a, b = view(x[rows]), view(x[rows])
        with torch.no_grad():
            ta, tb = target.project(a), target.project(b)
        loss = -(F.cosine_similarity(online(a), tb).mean() + F.cosine_similarity(online(b), ta).mean()) / 2
        opt.zero_grad()
        loss.backward()
        opt.step()
        with torch.no_grad():
            for t, o in zip(target.parameters(), online.parameters()):
                t.lerp_(o, 0.02)
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} loss {loss.item():.4f}")

online.eval()
with torch.no_grad():
    z = online.encoder(x)
    z = (z - z.mean(0)) / z.std(0)
probe = nn.Linear(64, 10)
opt = torch.optim.Adam(probe.parameters(), lr=1e-2)
for step in range(200):
    loss = F.cross_entropy(probe(z[:1200]), y[:1200])
    opt.zero_grad()
    loss.backward()
    opt.step()
with torch.no_grad():
    acc = (probe(z[1200:]).argmax(1) == y[1200:]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
