"""Policy evaluation on a noisy corridor with TD(0) and a slowly moving target critic."""
import copy
import os

import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)
GAMMA, N = 0.95, 21


def features(pos):
    out = np.zeros((len(pos), N), np.float32)
    out[np.arange(len(pos)), pos] = 1
    return torch.from_numpy(out)


# transition matrix of the behaviour (drifts to the right), reward at the right end, pit at the left
P = np.zeros((N, N))
R = np.full(N, -0.02)
for i in range(1, N - 1):
    P[i, i + 1], P[i, i - 1] = 0.6, 0.4
R[N - 1], R[0] = 1.0, -1.0
true_v = np.linalg.solve(np.eye(N) - GAMMA * P, R)


def collect(n):
    pos = rng.integers(0, N, n)
    step = np.where(rng.random(n) < 0.6, 1, -1)
    done = (pos == 0) | (pos == N - 1)
    nxt = np.where(done, pos, pos + step)
    return pos, R[pos].astype(np.float32), nxt, done.astype(np.float32)


pos, rew, nxt, dones = collect(8000)
S, S2 = features(pos), features(nxt)
REW, DONE = torch.from_numpy(rew), torch.from_numpy(dones)

critic = nn.Sequential(nn.Linear(N, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
target_critic = copy.deepcopy(critic).requires_grad_(False)
optimizer = torch.optim.Adam(critic.parameters(), lr=3e-3)

for it in range(1300):
    b = torch.from_numpy(rng.integers(0, len(S), 64))
    s, s_next, r, done = S[b], S2[b], REW[b], DONE[b]
    with torch.no_grad():
        v_next = target_critic(s_next).squeeze(1)
    td = r + GAMMA * (1 - done) * v_next - critic(s).squeeze(1)
    loss = td.pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        for p, q in zip(target_critic.parameters(), critic.parameters()):
            p.lerp_(q, 0.05)
    if it % 250 == 0:
        print(f"iteration {it} td loss {loss.item():.4f}")

with torch.no_grad():
    v = critic(features(np.arange(N))).squeeze(1).numpy()
print(np.round(v[::4], 2), np.round(true_v[::4], 2))
print(f"FINAL r2={1 - ((v - true_v) ** 2).mean() / true_v.var():.4f}")
