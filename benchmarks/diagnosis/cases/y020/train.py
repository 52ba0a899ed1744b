import os

import torch
from torch import nn
from torch.func import functional_call, grad, vmap

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


def tasks(n, shots=10, queries=20):
    amp = torch.rand(n, 1, 1) * 4.9 + 0.1
    phase = torch.rand(n, 1, 1) * torch.pi
    x = torch.rand(n, shots + queries, 1) * 10 - 5
    y = amp * torch.sin(x - phase)
    return x[:, :shots], y[:, :shots], x[:, shots:], y[:, shots:]


net = nn.Sequential(nn.Linear(1, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 1))
INNER = 0.02


def mse(params, x, y):
    return ((functional_call(net, params, (x,)) - y) ** 2).mean()


def adapt(params, x, y, steps=1):
    for _ in range(steps):
        g = grad(mse)(params, x, y)
        params = {k: p - INNER * g[k] for k, p in params.items()}
    return params


def meta_loss(params, xs, ys, xq, yq):
    return mse(adapt(params, xs, ys), xq, yq)


params = dict(net.named_parameters())
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
ITERS = 1800
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, ITERS)
for it in range(ITERS):
    batch = tasks(25)
    loss = vmap(meta_loss, in_dims=(None, 0, 0, 0, 0))(params, *batch).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    if it % 200 == 0:
        print(f"{it:4d} query mse after one step {loss.item():.3f}")

frozen = {k: p.detach() for k, p in params.items()}
xs, ys, xq, yq = tasks(200)


def after(x, y, q):
    return functional_call(net, adapt(frozen, x, y, steps=5), (q,))


pred = vmap(after)(xs, ys, xq)
r2 = 1 - ((pred - yq) ** 2).mean() / ((yq - yq.mean()) ** 2).mean()
print(f"FINAL r2={r2.item():.4f}")
