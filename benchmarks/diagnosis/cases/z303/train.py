import os
import copy
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = load_digits(return_X_y=True)
X = torch.tensor(X / 16.0, dtype=torch.float32).view(-1, 1, 8, 8)
y = torch.tensor(y)
perm = torch.randperm(len(y), generator=torch.Generator().manual_seed(SEED))
tr, te = perm[:1300], perm[1300:]


def augment(x):
    x = F.pad(x, (1, 1, 1, 1))
    dy, dx = torch.randint(0, 3, (2,)).tolist()
    x = x[:, :, dy:dy + 8, dx:dx + 8]
    return x * (0.7 + 0.6 * torch.rand(len(x), 1, 1, 1)) + 0.12 * torch.randn_like(x)


def mlp(i, h, o):
    return nn.Sequential(nn.Linear(i, h), nn.BatchNorm1d(h), nn.ReLU(), nn.Linear(h, o))


class BYOL(nn.Module):
    def __init__(self):
        super().__init__()
        self.online = nn.Sequential(nn.Conv2d(1, 24, 3), nn.BatchNorm2d(24), nn.ReLU(), nn.Conv2d(24, 48, 3), nn.BatchNorm2d(48), nn.ReLU(), nn.Flatten(), nn.Linear(768, 64))
        self.projector = mlp(64, 96, 32)
        self.predictor = mlp(32, 64, 32)
        self.target = copy.deepcopy(nn.Sequential(self.online, self.projector))
        for p in self.target.parameters():
            p.requires_grad = False

    def loss(self, a, b):
        total = 0
        for u, v in ((a, b), (b, a)):
            p = F.normalize(self.predictor(self.projector(self.online(u))), dim=1)
            with torch.no_grad():
                z = F.normalize(self.target(v), dim=1)
            total = total + 2 - 2 * (p * z).sum(1).mean()
        return total

    @torch.no_grad()
    def follow(self, m=0.98):
        for t, s in zip(self.target.parameters(), nn.Sequential(self.online, self.projector).parameters()):
            t.mul_(m).add_(s, alpha=1 - m)


model = BYOL()
opt = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-3, weight_decay=1e-5)
for epoch in range(10):
    for idx in tr[torch.randperm(len(tr))].split(100):
        loss = model.loss(augment(X[idx]), augment(X[idx]))
        opt.zero_grad()
        loss.backward()
        opt.step()
        model.follow()
    print(f"epoch {epoch} byol loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    a, b = F.normalize(model.online(X[tr]), dim=1), F.normalize(model.online(X[te]), dim=1)
    votes = (b @ a.t()).topk(5, dim=1).indices
    pred = y[tr][votes].mode(1).values
print(f"FINAL accuracy={(pred == y[te]).float().mean().item():.4f}")
