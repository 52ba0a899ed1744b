import copy
import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_wine
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)


def build():
    return nn.Sequential(nn.Linear(13, 24), nn.ELU(), nn.Dropout(0.2), nn.Linear(24, 3))


class EarlyStopping:
    def __init__(self, patience=8, min_delta=1e-3):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.state, self.bad = float("inf"), None, 0

    def __call__(self, loss, model):
        if loss < self.best - self.min_delta:
            self.best, self.bad = loss, 0
            self.state = copy.deepcopy(model.state_dict())
        else:
            self.bad += 1
        return self.bad >= self.patience


def run_fold(Xtr, ytr, Xte, yte, fold):
    Xtr, Xva, ytr, yva = train_test_split(Xtr, ytr, test_size=0.2, stratify=ytr, random_state=SEED)
    scaler = StandardScaler().fit(Xtr)
    Xtr, Xva, Xte = (torch.tensor(scaler.transform(a), dtype=torch.float32) for a in (Xtr, Xva, Xte))
    ytr, yva, yte = (torch.tensor(a) for a in (ytr, yva, yte))
    model = build()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, nesterov=True)
    criterion = nn.CrossEntropyLoss()
    stopper = EarlyStopping()
    for epoch in range(60):
        model.train()
        for xb, yb in DataLoader(TensorDataset(Xtr, ytr), batch_size=16, shuffle=True):
            optimizer.zero_grad()
            criterion(model(xb), yb).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            val = criterion(model(Xva), yva).item()
        if stopper(val, model):
            break
    model.load_state_dict(stopper.state)
    with torch.no_grad():
        acc = (model(Xte).argmax(1) == yte).float().mean().item()
    print(f"fold {fold}: stopped after {epoch + 1} epochs, best val {stopper.best:.4f}, test acc {acc:.4f}")
    return acc


X, y = load_wine(return_X_y=True)
folds = StratifiedKFold(5, shuffle=True, random_state=SEED).split(X, y)
scores = [run_fold(X[a], y[a], X[b], y[b], k) for k, (a, b) in enumerate(folds)]
print(f"mean {np.mean(scores):.4f} std {np.std(scores):.4f}")
print(f"FINAL accuracy={np.mean(scores):.4f}")
