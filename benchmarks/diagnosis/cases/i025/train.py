"""Sharpness-aware minimisation: climb to a worse neighbour, take its gradient, come back, step."""
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

X, y = load_digits(return_X_y=True)
X = torch.tensor(X, dtype=torch.float32).reshape(-1, 1, 8, 8)
X = (X - 4.9) / 6.0
X_train, X_test, y_train, y_test = train_test_split(X, torch.tensor(y), test_size=0.3, random_state=44, stratify=y)
loader = DataLoader(TensorDataset(X_train, y_train), batch_size=50, shuffle=True)

net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(),
    nn.Flatten(), nn.Linear(512, 64), nn.ReLU(), nn.Linear(64, 10),
)
params = list(net.parameters())
opt = torch.optim.SGD(params, lr=0.05, momentum=0.9, weight_decay=1e-4)
RHO = 0.05


def climb():
    length = torch.stack([p.grad.norm() for p in params]).norm() + 1e-12
    moves = []
    with torch.no_grad():
        for p in params:
            move = p.grad * (RHO / length)
            p.add_(move)
            moves.append(move)
    return moves


for epoch in range(14):
    net.train()
    for x, t in loader:
        opt.zero_grad()
        loss = F.cross_entropy(net(x), t)
        loss.backward()
        moves = climb()
        opt.zero_grad()
        F.cross_entropy(net(x), t).backward()
        with torch.no_grad():
            for p, move in zip(params, moves):
                p.sub_(move)
        opt.step()
    net.eval()
    with torch.no_grad():
        acc = (net(X_test).argmax(1) == y_test).float().mean().item()
    if epoch % 3 == 1:
        print(f"epoch {epoch:2d}: loss {loss.item():.4f} accuracy {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
