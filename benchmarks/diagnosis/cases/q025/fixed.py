import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_wine
from sklearn.model_selection import StratifiedKFold

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

X, y = load_wine(return_X_y=True)


def build():
    return nn.Sequential(nn.Linear(13, 32), nn.ReLU(), nn.Linear(32, 3))


def reset(net):
    """Forget everything that was learnt in the previous fold."""
    fresh = build()
    for i, layer in enumerate(fresh):
        net[i] = layer
    return net


net = build()
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3, weight_decay=1e-4)
criterion = nn.CrossEntropyLoss()
scores = []
for fold, (tr, te) in enumerate(StratifiedKFold(5, shuffle=True, random_state=SEED).split(X, y)):
    if fold > 0:
        reset(net)
        optimizer = torch.optim.Adam(net.parameters(), lr=5e-3, weight_decay=1e-4)
    mean, std = X[tr].mean(0), X[tr].std(0)
    xa = torch.tensor((X[tr] - mean) / std, dtype=torch.float32)
    xb = torch.tensor((X[te] - mean) / std, dtype=torch.float32)
    ya, yb = torch.tensor(y[tr]), torch.tensor(y[te])
    for epoch in range(25):
        net.train()
        for b in torch.randperm(len(xa)).split(16):
            optimizer.zero_grad()
            loss = criterion(net(xa[b]), ya[b])
            loss.backward()
            optimizer.step()
    net.eval()
    with torch.no_grad():
        acc = (net(xb).argmax(1) == yb).float().mean().item()
    scores.append(acc)
    print(f"fold {fold + 1}: last loss {loss.item():.4f} accuracy {acc:.4f}")

print(f"FINAL accuracy={np.mean(scores):.4f}")
