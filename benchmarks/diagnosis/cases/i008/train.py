"""Private training: each row's gradient is clipped, summed, and noise is added."""
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.func import functional_call, grad, vmap

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
Xtr, Xte, ytr, yte = train_test_split(torch.tensor(X).float() / 16, torch.tensor(y), test_size=0.2, random_state=1)

CLIP, NOISE, EXPECTED = 1.0, 0.6, 128
model = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.8, momentum=0.5)


def one_loss(params, x, t):
    out = functional_call(model, params, (x.unsqueeze(0),))
    return F.cross_entropy(out, t.unsqueeze(0))


row_gradients = vmap(grad(one_loss), in_dims=(None, 0, 0))

for step in range(700):
    # Poisson sampling: batches differ in size
    idx = (torch.rand(len(Xtr)) < EXPECTED / len(Xtr)).nonzero().squeeze(1)
    params = {k: v.detach() for k, v in model.named_parameters()}
    grads = row_gradients(params, Xtr[idx], ytr[idx])
    norms = torch.stack([g.flatten(1).norm(dim=1) for g in grads.values()]).norm(dim=0)
    factor = (CLIP / norms).clamp(max=1.0)
    for name, p in model.named_parameters():
        summed = torch.einsum("n,n...->...", factor, grads[name])
        p.grad = (summed + NOISE * CLIP * torch.randn_like(summed)) / EXPECTED
    optimizer.step()
    if step % 100 == 0:
        with torch.no_grad():
            print(f"step {step}: train loss {F.cross_entropy(model(Xtr), ytr):.4f} rows {len(idx)} clipped {(factor < 1).float().mean():.2f}")

model.eval()
with torch.no_grad():
    acc = (model(Xte).argmax(1) == yte).float().mean()
print(f"FINAL accuracy={acc:.4f}")
