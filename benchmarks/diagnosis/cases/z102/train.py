"""SimSiam on 8x8 digits: two shifted and noised views, predictor on one side, no gradient on the other."""
import os

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.nn import functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

digits = load_digits()
images = torch.tensor(digits.images / 16.0, dtype=torch.float32)
labels = digits.target
perm = np.random.RandomState(3).permutation(len(images))
train_idx, test_idx = perm[:1300], perm[1300:]


def augment(x):
    sx, sy = np.random.randint(-1, 2, 2)
    x = torch.roll(x, (int(sx), int(sy)), (1, 2))
    x = x * (0.7 + 0.6 * torch.rand(len(x), 1, 1))
    x = x + 0.15 * torch.randn_like(x)
    keep = (torch.rand_like(x) > 0.15).float()
    return (x * keep).flatten(1)


class SimSiam(nn.Module):
    def __init__(self, dim=64):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Linear(64, 256), nn.BatchNorm1d(256), nn.ReLU(),
            nn.Linear(256, 128), nn.BatchNorm1d(128), nn.ReLU(),
        )
        self.projector = nn.Sequential(
            nn.Linear(128, dim, bias=False), nn.BatchNorm1d(dim), nn.ReLU(),
            nn.Linear(dim, dim, bias=False), nn.BatchNorm1d(dim, affine=False),
        )
        self.predictor = nn.Sequential(
            nn.Linear(dim, 16, bias=False), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, dim)
        )

    def forward(self, a, b):
        za, zb = self.projector(self.backbone(a)), self.projector(self.backbone(b))
        pa, pb = self.predictor(za), self.predictor(zb)
        return -(F.cosine_similarity(pa, zb.detach()).mean() + F.cosine_similarity(pb, za.detach()).mean()) / 2


model = SimSiam()
EPOCHS, BS = 40, 100
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, EPOCHS)
data = images[train_idx]
for epoch in range(EPOCHS):
    model.train()
    losses = []
    for idx in torch.randperm(len(data)).split(BS):
        x = data[idx]
        loss = model(augment(x), augment(x))
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    sched.step()
    if epoch % 10 == 0:
        print(f"epoch {epoch}: loss {np.mean(losses):.4f}")

model.eval()
with torch.no_grad():
    feats = model.backbone(images.flatten(1)).numpy()
probe = LogisticRegression(max_iter=500).fit(feats[train_idx], labels[train_idx])
print(f"FINAL accuracy={probe.score(feats[test_idx], labels[test_idx]):.4f}")
