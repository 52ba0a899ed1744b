import copy
import os
import random
from collections import deque

import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
torch.manual_seed(seed)
W, H = 8, 4
START, GOAL = (0, 0), (W - 1, 0)


def step(pos, action):
    x, y = pos
    dx, dy = ((1, 0), (-1, 0), (0, 1), (0, -1))[action]
    x, y = min(max(x + dx, 0), W - 1), min(max(y + dy, 0), H - 1)
    if y == 0 and 0 < x < W - 1:
        return START, -20.0, False
    return (x, y), -1.0, (x, y) == GOAL


def encode(pos):
    v = torch.zeros(W + H)
    v[pos[0]] = 1
    v[W + pos[1]] = 1
    return v


class QNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(W + H, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.value = nn.Linear(64, 1)
        self.advantage = nn.Linear(64, 4)

    def forward(self, s):
        h = self.hidden(s)
        a = self.advantage(h)
        return self.value(h) + a - a.mean(-1, keepdim=True)


q = QNet()
target = copy.deepcopy(q)
optimizer = torch.optim.Adam(q.parameters(), lr=2e-3)
replay = deque(maxlen=8000)
steps, gamma = 8000, 0.95
pos, age = START, 0
for t in range(steps):
    epsilon = max(0.1, 1 - t / 5000)
    if random.random() < epsilon:
        action = random.randrange(4)
    else:
        with torch.no_grad():
            action = int(q(encode(pos)).argmax())
    new, reward, done = step(pos, action)
    replay.append((encode(pos), action, reward / 5, encode(new), float(done)))
    age += 1
    pos = new
    if done or age == 100:
        pos, age = START, 0
    if t >= 200 and t % 4 == 0:
        s, a, r, s2, d = zip(*random.sample(replay, 64))
        s, s2 = torch.stack(s), torch.stack(s2)
        a, r, d = torch.tensor(a), torch.tensor(r), torch.tensor(d)
        with torch.no_grad():
            best = q(s2).argmax(1, keepdim=True)
            goal = r + gamma * (1 - d) * target(s2).gather(1, best).squeeze(1)
        loss = F.smooth_l1_loss(q(s).gather(1, a[:, None]).squeeze(1), goal)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(q.parameters(), 10.0)
        optimizer.step()
    if t % 200 == 0:
        target.load_state_dict(q.state_dict())
    if t % 2000 == 1999:
        print(f"step {t + 1} loss {loss.item():.4f}")

pos, total = START, 0.0
with torch.no_grad():
    for _ in range(60):
        pos, reward, done = step(pos, int(q(encode(pos)).argmax()))
        total += reward
        if done:
            break
print(f"FINAL return={total:.1f}")
