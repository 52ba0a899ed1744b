"""Ten small nets trained as one: their weights are stacked and called through vmap."""
import os

import torch
import torch.nn as nn
from sklearn.datasets import make_friedman2
from torch.func import functional_call, stack_module_state, vmap

torch.manual_seed(int(os.environ.get("SEED", 0)))

X, y = make_friedman2(1500, noise=40.0, random_state=3)
X, y = torch.tensor(X).float(), torch.tensor(y).float()
X = (X - X[:1200].mean(0)) / X[:1200].std(0)
y = (y - y[:1200].mean()) / y[:1200].std()
x_train, y_train, x_test, y_test = X[:1200], y[:1200, None], X[1200:], y[1200:]

MEMBERS = 10


def member():
    return nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))


params, buffers = stack_module_state([member() for _ in range(MEMBERS)])
skeleton = member().to("meta")


def forward(p, b, x):
    return functional_call(skeleton, (p, b), (x,)).squeeze(-1)


everyone = vmap(forward, in_dims=(0, 0, None), randomness="different")
optimizer = torch.optim.Adam(params.values(), lr=3e-3)
for epoch in range(40):
    for idx in torch.randperm(len(x_train)).split(40):
        out = everyone(params, buffers, x_train[idx])  # members x rows
        # one column of targets against all members
        loss = (out.T - y_train[idx]).pow(2).mean(0).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 8 == 0:
        print(f"epoch {epoch}: mean member mse {loss.item() / MEMBERS:.4f}")

with torch.no_grad():
    out = everyone(params, buffers, x_test)
single = (out - y_test).pow(2).mean(1)
joint = (out.mean(0) - y_test).pow(2).mean()
print(f"members {single.min():.4f} to {single.max():.4f}, together {joint:.4f}")
print(f"FINAL r2={1 - joint.item() / y_test.var().item():.4f}")
