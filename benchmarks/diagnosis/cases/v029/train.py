import copy
import os
import random
from collections import deque

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
np.random.seed(seed)
torch.manual_seed(seed)

SIZE = 5
PITS = {(1, 1), (2, 3), (3, 1)}
GOAL = (4, 4)
MOVES = [(0, 1), (1, 0), (0, -1), (-1, 0)]


class GridWorld:
    def reset(self):
        self.pos, self.t = (random.randrange(2), 0), 0
        return self.obs()

    def obs(self):
        o = np.zeros((SIZE, SIZE), dtype=np.float32)
        o[self.pos] = 1.0
        return o.ravel()

    def step(self, a):
        r = min(max(self.pos[0] + MOVES[a][0], 0), SIZE - 1)
        c = min(max(self.pos[1] + MOVES[a][1], 0), SIZE - 1)
        self.pos, self.t = (r, c), self.t + 1
        if self.pos == GOAL:
            return self.obs(), 1.0, True, False
        if self.pos in PITS:
            return self.obs(), -1.0, True, False
        return self.obs(), -0.02, False, self.t >= 30


class QNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Linear(SIZE * SIZE, 64)
        self.value = nn.Linear(64, 1)
        self.advantage = nn.Linear(64, 4)

    def forward(self, s):
        h = F.relu(self.trunk(s))
        a = self.advantage(h)
        return self.value(h) + a - a.mean(1, keepdim=True)


q = QNet()
q_target = copy.deepcopy(q)
for p in q_target.parameters():
    p.requires_grad_(False)
opt = torch.optim.Adam(q.parameters(), lr=1e-3)
memory = deque(maxlen=5000)
env = GridWorld()

GAMMA, SYNC, WARMUP, STEPS = 0.97, 150, 300, 4500
s = env.reset()
returns, ret = [], 0.0
for step in range(STEPS):
    eps = max(0.05, 1.0 - step / 2500)
    if random.random() < eps:
        a = random.randrange(4)
    else:
        with torch.no_grad():
            a = q(torch.from_numpy(s)[None]).argmax().item()
    s2, r, done, truncated = env.step(a)
    memory.append((s, a, r, s2, float(done)))
    ret += r
    s = s2
    if done or truncated:
        returns.append(ret)
        s, ret = env.reset(), 0.0

    if step >= WARMUP and step % 2 == 0:
        batch = random.sample(memory, 64)
        bs, ba, br, bs2, bd = zip(*batch)
        bs, bs2 = torch.from_numpy(np.stack(bs)), torch.from_numpy(np.stack(bs2))
        ba = torch.tensor(ba).unsqueeze(1)
        br, bd = torch.tensor(br), torch.tensor(bd)
        with torch.no_grad():
            best = q(bs2).argmax(1, keepdim=True)
            target = br + GAMMA * (1 - bd) * q_target(bs2).gather(1, best).squeeze(1)
        pred = q(bs).gather(1, ba).squeeze(1)
        loss = F.smooth_l1_loss(pred, target)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(q.parameters(), 10.0)
        opt.step()
    if step % SYNC == 0:
        q_target.load_state_dict(q.state_dict())
    if step % 500 == 499:
        print(f"step {step + 1} eps {eps:.2f} td loss {loss.item():.4f} return {np.mean(returns[-20:]):.3f}")

total = 0.0
for _ in range(20):
    s, over = env.reset(), False
    while not over:
        with torch.no_grad():
            s, r, done, truncated = env.step(q(torch.from_numpy(s)[None]).argmax().item())
        total += r
        over = done or truncated
print(f"FINAL return={total / 20:.4f}")
