import os

import torch
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))
d = load_digits()
X = torch.tensor(d.data, dtype=torch.float32) / 16 - 0.3
Y = torch.tensor(d.target)
perm = torch.randperm(len(Y))
X, Y = X[perm], Y[perm]

W1 = (torch.randn(64, 80) * (2 / 64) ** 0.5).requires_grad_()
b1 = torch.zeros(80, requires_grad=True)
W2 = (torch.randn(80, 10) * (1 / 80) ** 0.5).requires_grad_()
b2 = torch.zeros(10, requires_grad=True)
params = [W1, b1, W2, b2]
velocity = [torch.zeros_like(p) for p in params]


def net(x):
    return (x @ W1 + b1).clamp_min(0) @ W2 + b2


lr, mu = 0.05, 0.9
for epoch in range(15):
    for rows in torch.randperm(1400).split(40):
        loss = torch.nn.functional.cross_entropy(net(X[rows]), Y[rows])
        loss.backward()
        with torch.no_grad():
            for p, v in zip(params, velocity):
                v.mul_(mu).add_(p.grad)
                p -= lr * v
                p.grad = None
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")
with torch.no_grad():
    print(f"FINAL accuracy={(net(X[1400:]).argmax(1) == Y[1400:]).float().mean().item():.4f}")
