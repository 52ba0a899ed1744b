import copy
import os

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn

seed = int(os.environ.get("SEED", "0"))
np.random.seed(seed)
torch.manual_seed(seed)

X, y = load_breast_cancer(return_X_y=True)
X_tr, X_te, y_tr, y_te = train_test_split(X, y, test_size=0.25, random_state=7, stratify=y)
X_tr, X_va, y_tr, y_va = train_test_split(X_tr, y_tr, test_size=0.2, random_state=7, stratify=y_tr)
scaler = StandardScaler().fit(X_tr)


def to_tensors(a, b):
    return (
        torch.tensor(scaler.transform(a), dtype=torch.float32),
        torch.tensor(b, dtype=torch.float32).unsqueeze(1),
    )


X_tr, y_tr = to_tensors(X_tr, y_tr)
X_va, y_va = to_tensors(X_va, y_va)
X_te, y_te = to_tensors(X_te, y_te)

model = nn.Sequential(
    nn.Linear(30, 32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1)
)
loss_fn = nn.BCEWithLogitsLoss()
opt = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-4)

best, best_state, waited, patience = float("inf"), None, 0, 25
for epoch in range(300):
    model.train()
    order = torch.randperm(len(X_tr))
    for start in range(0, len(order), 32):
        idx = order[start : start + 32]
        opt.zero_grad()
        loss = loss_fn(model(X_tr[idx]), y_tr[idx])
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        val = loss_fn(model(X_va), y_va).item()
    if val < best - 1e-4:
        best, best_state, waited = val, copy.deepcopy(model.state_dict()), 0
    else:
        waited += 1
    if epoch % 20 == 0:
        print(f"{epoch:3d} train {loss.item():.4f} val {val:.4f}")
    if waited >= patience:
        print("early stop at", epoch)
        break

model.load_state_dict(best_state)
model.eval()
with torch.no_grad():
    acc = ((model(X_te) > 0).float() == y_te).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
