import copy
import os

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

FLOORS, GAMMA = 8, 0.9
STATES = [(f, c) for f in range(FLOORS) for c in range(FLOORS)]


def move(state, action):
    """0 down, 1 stay and open, 2 up; opening at the called floor pays and ends."""
    floor, call = state
    if action == 1:
        return state, (1.0 if floor == call else -0.3), floor == call
    return (min(FLOORS - 1, max(0, floor + action - 1)), call), -0.05, False


def encode(states):
    out = torch.zeros(len(states), 2 * FLOORS)
    for i, (f, c) in enumerate(states):
        out[i, f] = out[i, FLOORS + c] = 1
    return out


log = []
for _ in range(4000):
    s, a = STATES[rng.integers(len(STATES))], int(rng.integers(3))
    log.append((s, a, *move(s, a)))
s = encode([row[0] for row in log])
a = torch.tensor([row[1] for row in log])
s2 = encode([row[2] for row in log])
r = torch.tensor([row[3] for row in log])
done = torch.tensor([float(row[4]) for row in log])

q = nn.Sequential(nn.Linear(2 * FLOORS, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))
target = copy.deepcopy(q)
optimizer = torch.optim.Adam(q.parameters(), lr=2e-3)
for step in range(1200):
    i = torch.randint(0, len(log), (64,))
    with torch.no_grad():
        goal = r[i] + GAMMA * (1 - done[i]) * target(s2[i]).max(1).values
    value = q(s[i]).gather(1, a[i].unsqueeze(1)).squeeze(1)
    loss = nn.functional.smooth_l1_loss(value, goal)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 40 == 0:
        target.load_state_dict(q.state_dict())
    if step % 200 == 0:
        print(f"step {step} td {loss.item():.5f}")

V = {st: 0.0 for st in STATES}
for _ in range(60):
    best = {st: [rew + (0 if end else GAMMA * V[n]) for n, rew, end in (move(st, k) for k in range(3))] for st in STATES}
    V = {st: max(v) for st, v in best.items()}
with torch.no_grad():
    greedy = q(encode(STATES)).argmax(1).tolist()
agree = np.mean([best[st][g] > V[st] - 1e-6 for st, g in zip(STATES, greedy)])
print(f"FINAL agreement={agree:.4f}")
