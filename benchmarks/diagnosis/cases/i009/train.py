"""Federated averaging: clients train copies, the server only averages what comes back."""
import copy
import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

X, y = load_digits(return_X_y=True)
Xtr, Xte, ytr, yte = train_test_split((X - 8) / 6, y, test_size=0.25, random_state=9, stratify=y)
Xtr, Xte = torch.tensor(Xtr, dtype=torch.float32), torch.tensor(Xte, dtype=torch.float32)
ytr, yte = torch.tensor(ytr), torch.tensor(yte)

# every client sees mostly a few digits
CLIENTS = 8
shares = rng.dirichlet(np.full(CLIENTS, 1.0), size=10)
owner = np.array([rng.choice(CLIENTS, p=shares[t]) for t in ytr.tolist()])
clients = [np.flatnonzero(owner == c) for c in range(CLIENTS)]
clients = [c for c in clients if len(c) >= 20]

server = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
criterion = nn.CrossEntropyLoss()


def local_update(rows):
    net = copy.deepcopy(server)
    opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.5)
    last = 0.0
    for _ in range(2):
        for part in np.array_split(rng.permutation(rows), max(1, len(rows) // 20)):
            loss = criterion(net(Xtr[part]), ytr[part])
            opt.zero_grad()
            loss.backward()
            opt.step()
            last = loss.item()
    return net.state_dict(), last


for rnd in range(25):
    picked = rng.choice(len(clients), size=min(5, len(clients)), replace=False)
    results = [local_update(clients[c]) for c in picked]
    sizes = np.array([len(clients[c]) for c in picked], dtype=float)
    sizes /= sizes.sum()
    merged = {k: sum(float(w) * state[k] for w, (state, _) in zip(sizes, results)) for k in server.state_dict()}
    server.load_state_dict(merged)
    if rnd % 4 == 0:
        with torch.no_grad():
            acc = (server(Xte).argmax(1) == yte).float().mean().item()
        print(f"round {rnd}: client losses {[round(l, 3) for _, l in results]} server accuracy {acc:.3f}")

with torch.no_grad():
    acc = (server(Xte).argmax(1) == yte).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
