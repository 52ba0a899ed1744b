import copy
import os

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

# the survey: 700 answered forms, and a later wave that nobody touches until the end
X, y = make_classification(2700, 20, n_informative=8, n_redundant=2, flip_y=0.2, class_sep=1.0,
                           n_clusters_per_class=3, random_state=31 + SEED)
X = (X - X.mean(0)) / X.std(0)
X, y = X.astype("float32"), y.astype("int64")
forms, later = slice(0, 700), slice(700, None)

# few forms, so resample them to a workable size
Xa, Xb, ya, yb = train_test_split(X[forms], y[forms], test_size=0.25, random_state=SEED)
rows = rng.integers(0, len(Xa), 2100)
Xa, ya = Xa[rows], ya[rows]
Xa, Xb, ya, yb = map(torch.from_numpy, (Xa, Xb, ya, yb))


class EarlyStopping:
    def __init__(self, patience=8):
        self.patience, self.best, self.bad, self.state = patience, float("inf"), 0, None

    def __call__(self, value, model):
        if value < self.best - 1e-4:
            self.best, self.bad = value, 0
            self.state = copy.deepcopy(model.state_dict())
        else:
            self.bad += 1
        return self.bad >= self.patience


net = nn.Sequential(nn.Linear(20, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 2))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
stop = EarlyStopping()
for epoch in range(60):
    net.train()
    for idx in torch.randperm(len(Xa)).split(64):
        opt.zero_grad()
        F.cross_entropy(net(Xa[idx]), ya[idx]).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        val = F.cross_entropy(net(Xb), yb).item()
        acc = (net(Xb).argmax(1) == yb).float().mean().item()
    print(f"epoch {epoch:3d}  validation loss {val:.4f}  validation accuracy {acc:.3f}")
    if stop(val, net):
        break

net.load_state_dict(stop.state)
with torch.no_grad():
    nll = F.cross_entropy(net(torch.from_numpy(X[later])), torch.from_numpy(y[later])).item()
print(f"FINAL nll={nll:.4f}")
