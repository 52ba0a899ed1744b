import os
import copy
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from torch.utils.data import DataLoader, Subset, TensorDataset

seed = int(os.environ.get("SEED", 0))
np.random.seed(seed)
torch.manual_seed(seed)

X, y = make_classification(3600, 30, n_informative=8, n_redundant=0, n_classes=3, n_clusters_per_class=1,
                           flip_y=0.35, class_sep=1.4, random_state=seed + 40)
X = torch.tensor((X - X.mean(0)) / X.std(0), dtype=torch.float32)
y = torch.tensor(y)
dataset = TensorDataset(X[:1000], y[:1000])
holdout_x, holdout_y = X[1000:], y[1000:]


def make_splits(dataset, val_fraction=0.25):
    n = len(dataset)
    indices = np.random.permutation(n)
    n_val = int(val_fraction * n)
    train_idx = indices[n_val:]
    val_idx = indices[:n_val]
    return Subset(dataset, train_idx), Subset(dataset, val_idx)


train_set, val_set = make_splits(dataset)
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
val_loader = DataLoader(val_set, batch_size=256)

model = nn.Sequential(nn.Linear(30, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
best_loss, best_state = float("inf"), None

for epoch in range(30):
    model.train()
    train_loss = 0.0
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        train_loss += loss.item() * len(targets)
    model.eval()
    with torch.no_grad():
        val_loss = sum(criterion(model(a), b).item() * len(b) for a, b in val_loader) / len(val_set)
    if val_loss < best_loss:
        best_loss, best_state = val_loss, copy.deepcopy(model.state_dict())
    print(f"epoch {epoch:2d} train {train_loss / len(train_set):.4f} val {val_loss:.4f}")

model.load_state_dict(best_state)
with torch.no_grad():
    out = model(holdout_x)
    acc = (out.argmax(1) == holdout_y).float().mean().item()
    nll = criterion(out, holdout_y).item()
print(f"holdout accuracy {acc:.4f}; chosen by validation loss {best_loss:.4f}")
print(f"FINAL nll={nll:.4f}")
