# few-shot sine regression, meta-learned initialisation
import math
import os

import torch
from torch import nn
from torch.func import functional_call, grad, vmap

torch.manual_seed(int(os.environ.get("SEED", 0)))

model = nn.Sequential(nn.Linear(1, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 1))
params = dict(model.named_parameters())
INNER_LR, SHOTS, TASKS = 0.02, 10, 25


def sample_tasks(n):
    amplitude = 0.5 + 1.5 * torch.rand(n, 1, 1)
    phase = math.pi * torch.rand(n, 1, 1)
    x_s, x_q = (10 * torch.rand(n, SHOTS, 1) - 5 for _ in range(2))
    f = lambda x: amplitude * torch.sin(x + phase)
    return x_s, f(x_s), x_q, f(x_q)


def task_loss(p, x, y):
    return ((functional_call(model, p, (x,)) - y) ** 2).mean()


def adapt(p, x, y, steps):
    for _ in range(steps):
        g = grad(task_loss)(p, x, y)
        p = {k: p[k] - INNER_LR * g[k] for k in p}
    return p


def meta_loss(p, x_s, y_s, x_q, y_q, steps=1):
    return task_loss(adapt(p, x_s, y_s, steps), x_q, y_q)


meta_opt = torch.optim.Adam(params.values(), lr=2e-3)
meta_sched = torch.optim.lr_scheduler.CosineAnnealingLR(meta_opt, 1400, eta_min=1e-4)
avg = 0.0
for it in range(1400):
    losses = vmap(meta_loss, in_dims=(None, 0, 0, 0, 0))(params, *sample_tasks(TASKS))
    loss = losses.mean()
    meta_opt.zero_grad()
    loss.backward()
    meta_opt.step()
    meta_sched.step()
    avg += loss.item() / 200
    if it % 200 == 199:
        print(f"iteration {it + 1}: query loss after one step {avg:.4f}")
        avg = 0.0

x_s, y_s, x_q, y_q = sample_tasks(400)
frozen = {k: v.detach() for k, v in params.items()}
after = vmap(lambda *t: meta_loss(frozen, *t, steps=5))(x_s, y_s, x_q, y_q).mean()
before = vmap(lambda x, y: task_loss(frozen, x, y))(x_q, y_q).mean()
print(f"query mse before adaptation {before:.4f}, after {after:.4f}")
print(f"FINAL mse={after.item():.4f}")
