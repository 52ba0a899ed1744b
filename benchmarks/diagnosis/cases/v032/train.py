import os

import torch
from sklearn.datasets import make_moons
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
torch.set_default_dtype(torch.float64)

X, y = make_moons(1200, noise=0.15, random_state=seed)
X, y = torch.tensor(X), torch.tensor(y, dtype=torch.get_default_dtype())
X = (X - X[:600].mean(0)) / X[:600].std(0)
Xtr, ytr, Xte, yte = X[:600], y[:600], X[600:], y[600:]

net = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1))
opt = torch.optim.LBFGS(net.parameters(), lr=1.0, max_iter=10, history_size=20, line_search_fn="strong_wolfe")
evaluations = 0


def closure():
    global evaluations
    evaluations += 1
    opt.zero_grad()
    logits = net(Xtr).squeeze(1)
    loss = nn.functional.binary_cross_entropy_with_logits(logits, ytr)
    loss = loss + 2e-4 * sum((p**2).sum() for p in net.parameters())
    loss.backward()
    return loss


for outer in range(65):
    loss = opt.step(closure)
    if outer % 10 == 0:
        print(f"outer {outer:2d}: loss {loss.item():.5f} after {evaluations} evaluations")

with torch.no_grad():
    acc = ((net(Xte).squeeze(1) > 0) == yte.bool()).double().mean().item()
print(f"FINAL accuracy={acc:.4f}")
