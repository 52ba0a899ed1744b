import copy
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


def two_crops(x):
    def view():
        shift = torch.randint(-1, 2, (2,)).tolist()
        y = torch.roll(x, shift, (2, 3))
        y = y * (0.8 + 0.4 * torch.rand(len(x), 1, 1, 1)) + 0.1 * torch.randn_like(x)
        return y * (torch.rand_like(y) > 0.1)
    return view(), view()


def head(i, h, o):
    return nn.Sequential(nn.Linear(i, h), nn.BatchNorm1d(h), nn.ReLU(), nn.Linear(h, o))


class BYOL(nn.Module):
    def __init__(self, momentum=0.98):
        super().__init__()
        encoder = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
                                nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.Flatten())
        self.online = nn.Sequential(encoder, head(512, 64, 32))
        self.predictor = head(32, 64, 32)
        self.target = copy.deepcopy(self.online)
        for p in self.target.parameters():
            p.requires_grad = False
        self.momentum = momentum

    @torch.no_grad()
    def follow(self):
        for slow, fast in zip(self.target.parameters(), self.online.parameters()):
            slow.lerp_(fast, 1 - self.momentum)

    def forward(self, a, b):
        pa, pb = self.predictor(self.online(a)), self.predictor(self.online(b))
        with torch.no_grad():
            ta, tb = self.target(a), self.target(b)
        return 2 - F.cosine_similarity(pa, tb).mean() - F.cosine_similarity(pb, ta).mean()


digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
perm = torch.randperm(len(x))
tr, te = perm[:1300], perm[1300:]
model = BYOL()
opt = torch.optim.AdamW([*model.online.parameters(), *model.predictor.parameters()], lr=2e-3, weight_decay=1e-4)
for epoch in range(10):
    model.train()
    for idx in tr[torch.randperm(len(tr))].split(100):
        loss = model(*two_crops(x[idx]))
        opt.zero_grad()
        loss.backward()
        opt.step()
        model.follow()
    if epoch % 2 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    z = F.normalize(model.online[0](x), dim=1)
knn = KNeighborsClassifier(5).fit(z[tr[:400]], digits.target[tr[:400]])
print(f"FINAL accuracy={knn.score(z[te], digits.target[te]):.4f}")
