import os
from copy import deepcopy

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32).view(-1, 1, 8, 8).sub(4.88).div(6.0)
labels = torch.tensor(labels)


def make_features():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True),
        nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(inplace=True),
        nn.MaxPool2d(2), nn.Flatten(),
    )


class Classifier(nn.Module):
    def __init__(self, features, n_out):
        super().__init__()
        self.features = features
        self.head = nn.Linear(32 * 16, n_out)

    def forward(self, x):
        return self.head(self.features(x))


def batches(x, y, size):
    order = torch.randperm(len(x))
    for i in range(0, len(x) - size + 1, size):
        sel = order[i:i + size]
        yield x[sel], y[sel]


def train_model(model, params, x, y, epochs, lr, tune_features):
    opt = torch.optim.Adam(params, lr=lr)
    for ep in range(epochs):
        model.train()
        if not tune_features:
            model.features.eval()
        tot, n = 0.0, 0
        for xb, yb in batches(x, y, 32):
            loss = nn.functional.cross_entropy(model(xb), yb)
            opt.zero_grad()
            loss.backward()
            opt.step()
            tot += loss.item()
            n += 1
        print(f"  epoch {ep} loss {tot / n:.4f}")


source = labels < 5
target = ~source
print("pre-training on 0-4")
big = Classifier(make_features(), 5)
train_model(big, big.parameters(), images[source], labels[source], 5, 1e-3, True)

xt, yt = images[target], labels[target] - 5
order = torch.from_numpy(rng.permutation(len(xt)))
tr, te = order[:400], order[400:]

model = Classifier(deepcopy(big.features), 5)
for p in model.features.parameters():
    p.requires_grad = False
print("training a head for 5-9")
train_model(model, [p for p in model.parameters() if p.requires_grad], xt[tr], yt[tr], 15, 2e-3, False)

model.eval()
with torch.no_grad():
    acc = (model(xt[te]).argmax(1) == yt[te]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
