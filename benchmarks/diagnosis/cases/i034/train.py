"""Online identification of a plant: every reading is used once, in the order it comes."""
import os

import numpy as np
import torch

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED + 100)

TAPS, STEPS, TEST = 4, 9000, 1500
u = rng.uniform(-1, 1, STEPS + TEST + TAPS)
y = np.zeros_like(u)
for t in range(2, len(u)):
    y[t] = 0.5 * np.tanh(1.5 * y[t - 1]) - 0.2 * y[t - 2] + 0.8 * u[t] + 0.4 * u[t - 1] * u[t]
y += rng.normal(0, 0.03, len(y))
u, y = torch.tensor(u, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)

hidden = torch.nn.Linear(2 * TAPS, 40)
readout = torch.nn.Linear(40, 1)
params = [*hidden.parameters(), *readout.parameters()]


def model(t):
    past = torch.cat([u[t - TAPS + 1 : t + 1], y[t - TAPS : t]])
    return readout(torch.tanh(hidden(past))).squeeze()


window = []
for t in range(TAPS, STEPS):
    miss = model(t) - y[t]
    grads = torch.autograd.grad(0.5 * miss**2, params)
    rate = 0.6 if t < 4500 else 0.2
    with torch.no_grad():
        # a step as long as the present miss calls for (normalised LMS)
        power = sum((g / (miss + 1e-12)).pow(2).sum() for g in grads)
        for p, g in zip(params, grads):
            p -= rate * g / (1.0 + power)
    window.append(miss.item() ** 2)
    if t % 1500 == 0:
        print(f"reading {t}: mean square of the last 500 misses {np.mean(window[-500:]):.5f}")

span = range(STEPS, STEPS + TEST)
with torch.no_grad():
    misses = torch.stack([model(t) - y[t] for t in span])
print(f"FINAL r2={1 - misses.pow(2).mean().item() / y[STEPS : STEPS + TEST].var().item():.4f}")
