import copy
import os
import random
from collections import deque

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
np.random.seed(SEED)
torch.manual_seed(SEED)

MAP = ["S....", ".#.O.", "...#.", "O....", "...OG"]
MOVES = [(-1, 0), (1, 0), (0, -1), (0, 1)]


class Grid:
    def reset(self, anywhere=False):
        self.pos, self.t = (0, 0), 0
        while anywhere and MAP[self.pos[0]][self.pos[1]] not in "S." or anywhere and self.pos == (0, 0):
            self.pos = (random.randrange(5), random.randrange(5))
        return self.code()

    def code(self):
        return self.pos[0] * 5 + self.pos[1]

    def step(self, a):
        if random.random() < 0.05:
            a = random.randrange(4)
        r, c = self.pos[0] + MOVES[a][0], self.pos[1] + MOVES[a][1]
        if 0 <= r < 5 and 0 <= c < 5 and MAP[r][c] != "#":
            self.pos = (r, c)
        self.t += 1
        cell = MAP[self.pos[0]][self.pos[1]]
        if cell == "G":
            return self.code(), 1.0, True
        if cell == "O":
            return self.code(), -1.0, True
        return self.code(), -0.02, False


class QNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(25, 64)
        self.l2 = nn.Linear(64, 64)
        self.q = nn.Linear(64, 4)

    def forward(self, ids):
        x = F.one_hot(ids, 25).float()
        return self.q(F.relu(self.l2(F.relu(self.l1(x)))))


env = Grid()
online = QNet()
target = copy.deepcopy(online).requires_grad_(False)
optimizer = torch.optim.Adam(online.parameters(), lr=1e-3)
memory = deque(maxlen=5000)
frames, s = 0, env.reset()
GAMMA, TOTAL = 0.97, 6000
losses = []
while frames < TOTAL:
    eps = max(0.1, 1 - frames / 3500)
    if random.random() < eps:
        a = random.randrange(4)
    else:
        with torch.no_grad():
            a = online(torch.tensor([s])).argmax().item()
    s2, r, done = env.step(a)
    memory.append((s, a, r, s2, float(done)))
    s = env.reset(random.random() < 0.5) if done or env.t >= 60 else s2
    frames += 1
    if len(memory) >= 500 and frames % 2 == 0:
        bs, ba, br, bs2, bd = (torch.tensor(c) for c in zip(*random.sample(memory, 64)))
        with torch.no_grad():
            pick = online(bs2).argmax(1, keepdim=True)
            goal = br + GAMMA * (1 - bd) * target(bs2).gather(1, pick).squeeze(1)
        q = online(bs).gather(1, ba[:, None]).squeeze(1)
        loss = F.smooth_l1_loss(q, goal)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if frames % 200 == 0:
        target.load_state_dict(online.state_dict())
    if frames % 1000 == 0:
        print(f"frame {frames} eps {eps:.2f} loss {np.mean(losses[-200:]):.5f}")

returns = []
for _ in range(200):
    s, done, total = env.reset(), False, 0.0
    while not done and env.t < 60:
        with torch.no_grad():
            a = online(torch.tensor([s])).argmax().item()
        s, r, done = env.step(a)
        total += r
    returns.append(total)
print(f"FINAL mean_return={np.mean(returns):.4f}")
