import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

raw = load_breast_cancer()
X, y = raw.data, raw.target
# the lab sends areas in square micrometres, everything else stays as it is
X = X.copy()
for name in ("mean area", "area error", "worst area"):
    X[:, list(raw.feature_names).index(name)] *= 100

X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.35, stratify=y, random_state=SEED)


def standardise(a, ref, axis=0):
    return (a - ref.mean(axis=axis, keepdims=True)) / (ref.std(axis=axis, keepdims=True) + 1e-8)


X_train, X_test = standardise(X_train, X_train), standardise(X_test, X_train)
X_train, X_test = torch.tensor(X_train, dtype=torch.float32), torch.tensor(X_test, dtype=torch.float32)
y_train, y_test = torch.tensor(y_train, dtype=torch.float32), torch.tensor(y_test, dtype=torch.float32)


class Diagnosis(nn.Module):
    def __init__(self, n_in):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(n_in, 24), nn.ReLU(), nn.Linear(24, 12), nn.ReLU(), nn.Linear(12, 1))

    def forward(self, x):
        return self.layers(x).flatten()


net = Diagnosis(X.shape[1])
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
criterion = nn.BCEWithLogitsLoss()
for epoch in range(60):
    order = torch.randperm(len(X_train))
    for i in range(0, len(order), 32):
        b = order[i:i + 32]
        optimizer.zero_grad()
        loss = criterion(net(X_train[b]), y_train[b])
        loss.backward()
        optimizer.step()
    if epoch % 10 == 9:
        print("epoch", epoch + 1, "loss", round(loss.item(), 4))

with torch.no_grad():
    accuracy = ((net(X_test) > 0).float() == y_test).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
