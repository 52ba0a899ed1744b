import os
import random

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
np.random.seed(SEED)
torch.manual_seed(SEED)


class Pole:
    """A rod on a hand: angle and angular velocity, push left or right."""

    def reset(self):
        self.s = np.random.uniform(-0.05, 0.05, 2)
        self.n = 0
        return self.obs()

    def obs(self):
        return np.array([self.s[0] * 5, self.s[1] * 2], dtype=np.float32)

    def step(self, action):
        th, om = self.s
        om = om + 0.05 * (9.8 * np.sin(th) + (2.5 if action else -2.5)) + 0.02 * np.random.randn()
        th = th + 0.05 * om
        self.s = np.array([th, om])
        self.n += 1
        fell = abs(th) > 0.25
        return self.obs(), 1.0, fell, fell or self.n >= 100


class Replay:
    def __init__(self, size):
        self.s = np.zeros((size, 2), np.float32)
        self.s2 = np.zeros((size, 2), np.float32)
        self.a = np.zeros(size, np.int64)
        self.r = np.zeros(size, np.float32)
        self.d = np.zeros(size, np.float32)
        self.n, self.size = 0, size

    def add(self, s, a, r, s2, d):
        i = self.n % self.size
        self.s[i], self.a[i], self.r[i], self.s2[i], self.d[i] = s, a, r, s2, d
        self.n += 1

    def draw(self, k):
        i = np.random.randint(0, min(self.n, self.size), k)
        return [torch.from_numpy(v[i]) for v in (self.s, self.a, self.r, self.s2, self.d)]


def q_net():
    return nn.Sequential(nn.Linear(2, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 2))


online, target = q_net(), q_net()
target.load_state_dict(online.state_dict())
for p in target.parameters():
    p.requires_grad_(False)
opt = torch.optim.Adam(online.parameters(), lr=1e-3)
env, memory = Pole(), Replay(10000)
lengths, steps, episode = [], 0, 0
s = env.reset()
while steps < 4500:
    eps = max(0.05, 1 - steps / 2000)
    with torch.no_grad():
        a = random.randrange(2) if random.random() < eps else online(torch.from_numpy(s)).argmax().item()
    s2, r, fell, done = env.step(a)
    memory.add(s, a, r, s2, float(fell))
    s = s2
    steps += 1
    if done:
        lengths.append(env.n)
        s = env.reset()
        if len(lengths) % 50 == 0:
            print(f"steps {steps} last lengths {np.mean(lengths[-50:]):.1f}")
    if steps > 400 and steps % 2 == 0:
        bs, ba, br, bs2, bd = memory.draw(64)
        with torch.no_grad():
            best = online(bs2).argmax(1, keepdim=True)
            y = br + 0.95 * (1 - bd) * target(bs2).gather(1, best).squeeze(1)
        q = online(bs).gather(1, ba.unsqueeze(1)).squeeze(1)
        loss = nn.functional.smooth_l1_loss(q, y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if steps % 100 == 0:
        target.load_state_dict(online.state_dict())

result = []
for _ in range(20):
    s, done = env.reset(), False
    while not done:
        with torch.no_grad():
            s, _, _, done = env.step(online(torch.from_numpy(s)).argmax().item())
    result.append(env.n)
print(f"FINAL mean_length={np.mean(result):.4f}")
