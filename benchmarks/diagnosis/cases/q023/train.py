import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = make_classification(n_samples=1500, n_features=30, n_informative=8, n_redundant=4, n_classes=3, n_clusters_per_class=2,
                           class_sep=1.1, flip_y=0.22, random_state=SEED + 40)
X = (X - X.mean(0)) / X.std(0)
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
Xa, Xr, ya, yr = train_test_split(X, y, train_size=260, stratify=y, random_state=SEED)
Xv, Xt, yv, yt = train_test_split(Xr, yr, train_size=240, stratify=yr, random_state=SEED)


class EarlyStopping:
    def __init__(self, patience):
        self.patience, self.best, self.bad = patience, float("inf"), 0
        self.best_state = None

    def update(self, value, model):
        if value < self.best:
            self.best, self.bad = value, 0
            self.best_state = model.state_dict()
        else:
            self.bad += 1
        return self.bad >= self.patience

    def restore(self, model):
        model.load_state_dict(self.best_state)


def make_model():
    return nn.Sequential(nn.Linear(30, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 3))


model = make_model()
optimizer = torch.optim.Adam(model.parameters(), lr=1.5e-3)
stopper = EarlyStopping(patience=60)

for epoch in range(150):
    model.train()
    for b in torch.randperm(len(Xa)).split(20):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(Xa[b]), ya[b])
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        val = F.cross_entropy(model(Xv), yv).item()
    if epoch % 10 == 0:
        print(f"epoch {epoch:3d} train {loss.item():.4f} val {val:.4f}")
    if stopper.update(val, model):
        print(f"stopped after epoch {epoch}, best val {stopper.best:.4f}")
        break

stopper.restore(model)
model.eval()
with torch.no_grad():
    nll = F.cross_entropy(model(Xt), yt).item()
    print(f"test accuracy {(model(Xt).argmax(1) == yt).float().mean().item():.4f}")
print(f"FINAL nll={nll:.4f}")
