import copy
import os

import numpy as np
import torch
from sklearn.datasets import make_friedman2
from torch import nn
from torch.func import functional_call, stack_module_state, vmap

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

X, y = make_friedman2(2600, noise=60.0, random_state=SEED)
X = (X - X.mean(0)) / X.std(0)
scale, shift = y.std(), y.mean()
X = torch.tensor(X, dtype=torch.float32)
y = torch.tensor((y - shift) / scale, dtype=torch.float32).unsqueeze(1)
Xtr, ytr, Xte, yte = X[:2000], y[:2000], X[2000:], y[2000:]

MEMBERS = 10


def member():
    return nn.Sequential(nn.Linear(4, 40), nn.Tanh(), nn.Linear(40, 40), nn.Tanh(), nn.Linear(40, 1))


models = [member() for _ in range(MEMBERS)]
params, buffers = stack_module_state(models)
template = copy.deepcopy(models[0]).to("meta")


def forward(p, x):
    return functional_call(template, p, (x,))


optimizer = torch.optim.Adam(params.values(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, total_iters=900)
for step in range(900):
    # each member draws its own bootstrap batch
    idx = torch.randint(0, len(Xtr), (MEMBERS, 64))
    pred = vmap(forward)(params, Xtr[idx])
    loss = ((pred - ytr[idx]) ** 2).mean(dim=(1, 2)).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    if step % 150 == 0:
        print(f"{step:4d} {loss.item() / MEMBERS:.4f}")

with torch.no_grad():
    every = vmap(forward, in_dims=(0, None))(params, Xte)
print("spread", every.std(0).mean().item())
resid = ((every.mean(0) - yte) ** 2).sum()
print(f"FINAL r2={1 - (resid / ((yte - yte.mean()) ** 2).sum()).item():.4f}")
