import os
import random

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", "0"))
random.seed(SEED)
np.random.seed(SEED)
torch.manual_seed(SEED)

SIZE = 16


def draw(kind, bright):
    """One grey picture holding a disc, a square, a cross or a ring."""
    img = np.random.rand(SIZE, SIZE) * 0.25
    cy, cx = np.random.uniform(5, SIZE - 5, 2)
    r = np.random.uniform(3, 4.5)
    yy, xx = np.mgrid[:SIZE, :SIZE]
    d = np.hypot(yy - cy, xx - cx)
    if kind == 0:
        mask = d < r
    elif kind == 1:
        mask = (abs(yy - cy) < r) & (abs(xx - cx) < r)
    elif kind == 2:
        mask = ((abs(yy - cy) < 1) | (abs(xx - cx) < 1)) & (d < r + 1)
    else:
        mask = (d < r) & (d > r - 1.6)
    img[mask] += bright
    return img


def dataset(n):
    kinds = np.random.randint(0, 4, n)
    bright = np.random.choice([0.5, 0.9], n)
    imgs = np.stack([draw(k, b) for k, b in zip(kinds, bright)])
    imgs = (imgs - 0.25) / 0.25
    return (torch.tensor(imgs, dtype=torch.float32)[:, None],
            torch.tensor(kinds), torch.tensor((bright > 0.7).astype("int64")))


def make_backbone():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, 48), nn.ReLU(),
    )


class Classifier(nn.Module):
    def __init__(self, backbone, n_out):
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(48, n_out)

    def forward(self, x):
        return self.head(self.backbone(x))


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


ce = nn.CrossEntropyLoss()

# phase 1: the source task, all eight shape/brightness pairs
xs, shape, bright = dataset(1600)
source = Classifier(make_backbone(), 8)
optimizer = torch.optim.Adam(source.parameters(), lr=2e-3)
labels = shape * 2 + bright
for epoch in range(5):
    source.train()
    for idx in torch.randperm(len(xs)).split(32):
        optimizer.zero_grad()
        loss = ce(source(xs[idx]), labels[idx])
        loss.backward()
        optimizer.step()
    print("source epoch", epoch, "loss", round(loss.item(), 4))

# phase 2: the target task has few labels: is it a round thing (disc or ring)?
xt, shape_t, _ = dataset(240)
yt = ((shape_t == 0) | (shape_t == 3)).long()
for p in source.backbone.parameters():
    p.requires_grad = False
target = Classifier(source.backbone, 2)
target.backbone.eval()
optimizer = torch.optim.SGD(target.head.parameters(), lr=0.05, momentum=0.9)
for epoch in range(20):
    target.head.train()
    for idx in torch.randperm(len(xt)).split(24):
        loss = ce(target(xt[idx]), yt[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 5 == 4:
        print("target epoch", epoch, "loss", round(loss.item(), 4))

xv, shape_v, _ = dataset(500)
yv = ((shape_v == 0) | (shape_v == 3)).long()
print(f"FINAL accuracy={accuracy(target, xv, yv):.4f}")
