import os
import random

import numpy as np
import torch
from torch import nn

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
np.random.seed(seed)
torch.manual_seed(seed)

LAKE = ["S....", ".O.O.", "...O.", ".O...", "..O.G"]
N = 5


class Lake:
    def reset(self, spread=False):
        while True:
            self.r, self.c = (random.randrange(N), random.randrange(N)) if spread else (0, 0)
            if LAKE[self.r][self.c] in "S.":
                break
        self.t = 0
        return self.obs()

    def obs(self):
        o = np.zeros(2 * N, dtype=np.float32)
        o[self.r] = o[N + self.c] = 1
        return o

    def step(self, a):
        if random.random() < 0.05:
            a = random.randrange(4)
        dr, dc = [(-1, 0), (1, 0), (0, -1), (0, 1)][a]
        self.r, self.c = min(max(self.r + dr, 0), N - 1), min(max(self.c + dc, 0), N - 1)
        self.t += 1
        tile = LAKE[self.r][self.c]
        return self.obs(), {"G": 1.0, "O": -0.5}.get(tile, 0.0), tile in "GO", self.t >= 50


class Replay:
    def __init__(self, size):
        self.rows, self.size, self.at = [], size, 0

    def push(self, *row):
        if len(self.rows) < self.size:
            self.rows.append(row)
        else:
            self.rows[self.at] = row
        self.at = (self.at + 1) % self.size

    def sample(self, n):
        s, a, r, s2, end = zip(*random.sample(self.rows, n))
        as_float = lambda v: torch.tensor(np.array(v), dtype=torch.float32)
        return as_float(s), torch.tensor(a), as_float(r), as_float(s2), as_float(end)


def q_net():
    return nn.Sequential(nn.Linear(2 * N, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))


online, target = q_net(), q_net()
target.load_state_dict(online.state_dict())
for p in target.parameters():
    p.requires_grad = False
optimizer = torch.optim.Adam(online.parameters(), lr=1e-3)
huber = nn.SmoothL1Loss()
env, replay, steps, losses = Lake(), Replay(10000), 0, []
while steps < 10000:
    s = env.reset(spread=True)
    while True:
        eps = max(0.1, 1 - steps / 3500)
        with torch.no_grad():
            a = random.randrange(4) if random.random() < eps else online(torch.from_numpy(s)).argmax().item()
        s2, r, end, late = env.step(a)
        replay.push(s, a, r, s2, float(end))
        s, steps = s2, steps + 1
        if steps > 400:
            b_s, b_a, b_r, b_s2, b_end = replay.sample(64)
            with torch.no_grad():
                choice = online(b_s2).argmax(1, keepdim=True)
                goal = b_r + 0.95 * (1 - b_end) * target(b_s2).gather(1, choice).squeeze(1)
            loss = huber(online(b_s).gather(1, b_a[:, None]).squeeze(1), goal)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            with torch.no_grad():
                for p, q in zip(target.parameters(), online.parameters()):
                    p.mul_(0.98).add_(q, alpha=0.02)
            if len(losses) % 800 == 0:
                print(f"step {steps} eps {eps:.2f} td loss {np.mean(losses[-800:]):.5f}")
        if end or late:
            break

total = 0.0
for _ in range(150):
    s, end, late = env.reset(), False, False
    while not (end or late):
        with torch.no_grad():
            a = online(torch.from_numpy(s)).argmax().item()
        s, r, end, late = env.step(a)
        total += r
print(f"FINAL return={total / 150:.4f}")
