import copy
import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.RandomState(seed)

X, y = make_classification(n_samples=2400, n_features=30, n_informative=6, n_redundant=2, n_clusters_per_class=1,
                           class_sep=1.5, flip_y=0.0, random_state=12)
X = (X - X.mean(0)) / X.std(0)
X_test, y_test = X[400:], y[400:]
X, y = X[:400], y[:400].copy()
noisy = rng.rand(400) < 0.5
y[noisy] = rng.randint(0, 2, noisy.sum())


def augment(X, y, copies=6):
    Xs = [X + 0.1 * rng.randn(*X.shape) for _ in range(copies)]
    return np.concatenate(Xs), np.concatenate([y] * copies)


def split(X, y, share=0.3):
    order = rng.permutation(len(X))
    cut = int(len(X) * share)
    return X[order[cut:]], y[order[cut:]], X[order[:cut]], y[order[:cut]]


def tensors(X, y):
    return torch.tensor(X, dtype=torch.float32), torch.tensor(y)


X_train, y_train, X_val, y_val = split(X, y)
X_train, y_train = augment(X_train, y_train)

loader = DataLoader(TensorDataset(*tensors(X_train, y_train)), batch_size=32, shuffle=True)
xv, yv = tensors(X_val, y_val)
model = nn.Sequential(nn.Linear(30, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()

best, best_state = 0.0, None
for epoch in range(40):
    model.train()
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        val = (model(xv).argmax(1) == yv).float().mean().item()
    if val > best:
        best, best_state = val, copy.deepcopy(model.state_dict())
    if epoch % 5 == 0:
        print(f"epoch {epoch}: loss {loss.item():.4f} val accuracy {val:.3f}")

model.load_state_dict(best_state)
model.eval()
xt, yt = tensors(X_test, y_test)
with torch.no_grad():
    acc = (model(xt).argmax(1) == yt).float().mean().item()
print(f"best validation accuracy {best:.3f}")
print(f"FINAL accuracy={acc:.4f}")
