import os

import torch
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X = torch.tensor(X, dtype=torch.float32)
X = (X - X.mean(0)) / (X.std(0) + 1e-2)
y = torch.tensor(y)
perm = torch.randperm(len(X), generator=torch.Generator().manual_seed(0))
X, y = X[perm], y[perm]
n_train = 1350
Xtr, ytr, Xte, yte = X[:n_train], y[:n_train], X[n_train:], y[n_train:]

hidden = 80
W1 = (torch.randn(64, hidden) * (2 / 64) ** 0.5).requires_grad_()
b1 = torch.zeros(hidden, requires_grad=True)
W2 = (torch.randn(hidden, 10) * (1 / hidden) ** 0.5).requires_grad_()
b2 = torch.zeros(10, requires_grad=True)
params = [W1, b1, W2, b2]
velocity = [torch.zeros_like(p) for p in params]


def forward(x):
    return (x @ W1 + b1).clamp(min=0) @ W2 + b2


def cross_entropy(scores, target):
    return (scores.logsumexp(1) - scores[torch.arange(len(target)), target]).mean()


lr, mu, decay = 0.1, 0.8, 1e-4
for epoch in range(40):
    order = torch.randperm(n_train)
    total = 0.0
    for i in range(0, n_train, 30):
        idx = order[i:i + 30]
        loss = cross_entropy(forward(Xtr[idx]), ytr[idx])
        loss.backward()
        with torch.no_grad():
            for p, v in zip(params, velocity):
                v.mul_(mu).add_(p.grad + decay * p)
                p -= lr * v
                p.grad.zero_()
        total += loss.item()
    lr *= 0.93
    if epoch % 5 == 4:
        with torch.no_grad():
            acc = (forward(Xte).argmax(1) == yte).float().mean().item()
        print(f"epoch {epoch + 1}: loss {total / 45:.5f} accuracy {acc:.4f}")

with torch.no_grad():
    print(f"FINAL accuracy={(forward(Xte).argmax(1) == yte).float().mean().item():.4f}")
