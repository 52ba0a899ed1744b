import copy
import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)

X, y = make_classification(n_samples=3600, n_features=24, n_informative=10, n_redundant=0, class_sep=1.6,
                           n_clusters_per_class=1, flip_y=0.0, random_state=SEED)
X = torch.tensor((X - X.mean(0)) / X.std(0), dtype=torch.float32)
clean = torch.tensor(y)
noisy = torch.where(torch.tensor(rng.rand(3600) < 0.25), 1 - clean, clean)

pool = rng.permutation(1200)
val_idx = pool[:300]
train_idx = pool[300:]
test = slice(1200, 3600)

model = nn.Sequential(nn.Linear(24, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
loader = DataLoader(TensorDataset(X[train_idx], noisy[train_idx]), batch_size=50, shuffle=True)

best, keep = -1.0, None
for epoch in range(40):
    model.train()
    for xb, yb in loader:
        loss = criterion(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        val = (model(X[val_idx]).argmax(1) == noisy[val_idx]).float().mean().item()
    if val > best:
        best, keep = val, copy.deepcopy(model.state_dict())
    if epoch % 5 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f} val {val:.4f}")

model.load_state_dict(keep)
with torch.no_grad():
    acc = (model(X[test]).argmax(1) == clean[test]).float().mean().item()
print(f"best val {best:.4f}")
print(f"FINAL accuracy={acc:.4f}")
