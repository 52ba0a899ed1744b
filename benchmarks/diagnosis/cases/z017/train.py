import copy
import os

import torch
from sklearn.datasets import make_friedman1
from torch import nn
from torch.func import functional_call, stack_module_state, vmap

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

X, y = make_friedman1(1600, n_features=6, noise=0.8, random_state=seed)
X = torch.tensor(X, dtype=torch.float32) * 2 - 1
y = torch.tensor(y, dtype=torch.float32)
y = (y - 14.4) / 4.9
Xtr, ytr, Xte, yte = X[:1200], y[:1200], X[1200:], y[1200:]

K = 10


def member():
    return nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))


members = [member() for _ in range(K)]
params, buffers = stack_module_state(members)
skeleton = copy.deepcopy(members[0]).to("meta")


def predict_one(p, b, x):
    return functional_call(skeleton, (p, b), (x,)).squeeze(-1)


ensemble = vmap(predict_one, in_dims=(0, 0, 0))
ensemble_same = vmap(predict_one, in_dims=(0, 0, None))

optimizer = torch.optim.Adam(list(params.values()), lr=5e-3)
bags = torch.randint(len(Xtr), (K, len(Xtr)))      # bootstrap sample of each member
for epoch in range(40):
    order = torch.randperm(len(Xtr))
    for chunk in order.split(60):
        idx = bags[:, chunk]
        out = ensemble(params, buffers, Xtr[idx])
        loss = ((out - ytr[idx]) ** 2).mean(1).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 8 == 0:
        print(f"epoch {epoch} mean member loss {loss.item() / K:.4f}")

with torch.no_grad():
    all_pred = ensemble_same(params, buffers, Xte)
    mean = all_pred.mean(0)
r2 = 1 - ((mean - yte) ** 2).sum() / ((yte - yte.mean()) ** 2).sum()
print(f"spread {all_pred.std(0).mean().item():.3f}")
print(f"FINAL r2={r2.item():.4f}")
