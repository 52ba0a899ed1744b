import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

torch.manual_seed(int(os.environ.get("SEED", 0)))

bunch = load_digits()
x = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(bunch.target)
perm = torch.randperm(len(x))
x, y = x[perm], y[perm]
n_train = 1200


def augment(img):
    n = len(img)
    shift = torch.randint(-1, 2, (2,))
    img = torch.roll(img, (int(shift[0]), int(shift[1])), (2, 3))
    img = img * (0.7 + 0.6 * torch.rand(n, 1, 1, 1))
    img = img + 0.15 * torch.randn_like(img)
    keep = (torch.rand(n, 1, 8, 8) > 0.15).float()
    return img * keep


class SimNet(nn.Module):
    def __init__(self, dim=64):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, dim), nn.ReLU(),
        )
        self.projector = nn.Sequential(
            nn.Linear(dim, dim, bias=False), nn.BatchNorm1d(dim), nn.ReLU(), nn.Linear(dim, dim)
        )
        self.predictor = nn.Sequential(
            nn.Linear(dim, 32, bias=False), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, dim)
        )

    def forward(self, a, b):
        za, zb = self.projector(self.backbone(a)), self.projector(self.backbone(b))
        return za, zb, self.predictor(za), self.predictor(zb)


def similarity_loss(p, z):
    return -F.cosine_similarity(p, z.detach(), dim=1).mean()


model = SimNet()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
for epoch in range(25):
    for rows in torch.randperm(n_train).split(100):
        za, zb, pa, pb = model(augment(x[rows]), augment(x[rows]))
        loss = 0.5 * similarity_loss(pa, zb) + 0.5 * similarity_loss(pb, za)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 5 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    feats = model.backbone(x).numpy()
probe = LogisticRegression(max_iter=500).fit(feats[:n_train], y[:n_train])
print(f"FINAL accuracy={probe.score(feats[n_train:], y[n_train:]):.4f}")
