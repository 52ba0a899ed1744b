import copy
import os

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
rng = np.random.RandomState(SEED)
torch.manual_seed(SEED)


def wave():
    a, b = rng.uniform(0.5, 2.0), rng.uniform(0, np.pi)
    return lambda x: a * torch.sin(x + b)


def sample(f, n):
    x = torch.rand(n, 1) * 8 - 4
    return x, f(x)


model = nn.Sequential(nn.Linear(1, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 1))


def adapt(model, x, y, steps, lr=0.03):
    learner = copy.deepcopy(model)
    opt = torch.optim.SGD(learner.parameters(), lr=lr)
    for _ in range(steps):
        loss = nn.functional.mse_loss(learner(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    return learner, loss.item()


META = 400
for it in range(META):
    x, y = sample(wave(), 30)
    learner, loss = adapt(model, x, y, steps=6)
    rate = 1.0 * (1 - it / META)
    with torch.no_grad():
        for p, q in zip(model.parameters(), learner.parameters()):
            p += rate * (q - p)
    if it % 80 == 0:
        print(f"meta step {it} inner loss {loss:.4f}")

errors, spread = [], []
for _ in range(40):
    f = wave()
    learner, _ = adapt(model, *sample(f, 10), steps=30)
    x, y = sample(f, 100)
    with torch.no_grad():
        errors.append((learner(x) - y).pow(2).mean().item())
        spread.append(y.var().item())
print(f"FINAL r2={1 - np.mean(errors) / np.mean(spread):.4f}")
