import collections
import os
import random
import warnings

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

warnings.filterwarnings("ignore", category=UserWarning)
SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
np.random.seed(SEED)
torch.manual_seed(SEED)


class Ferry:
    """a one-dimensional river: stay near the moving target for 30 steps"""

    def reset(self):
        self.x, self.goal, self.t = np.random.uniform(-1, 1), np.random.uniform(-1, 1), 0
        return self.state()

    def state(self):
        return np.array([self.x, self.goal, self.goal - self.x], dtype=np.float32)

    def step(self, action):
        self.x = float(np.clip(self.x + (action - 1) * 0.2, -1.5, 1.5))
        self.goal = float(np.clip(self.goal + np.random.normal(0, 0.1), -1.2, 1.2))
        self.t += 1
        return self.state(), 1.0 if abs(self.x - self.goal) < 0.2 else 0.0, self.t >= 30


class QNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1, self.l2, self.l3 = nn.Linear(3, 48), nn.Linear(48, 48), nn.Linear(48, 3)

    def forward(self, s):
        return self.l3(F.relu(self.l2(F.relu(self.l1(s)))))


env, memory = Ferry(), collections.deque(maxlen=5000)
q, q_target = QNet(), QNet()
q_target.load_state_dict(q.state_dict())
optimizer = torch.optim.Adam(q.parameters(), lr=1e-3)
GAMMA, steps = 0.9, 0


def learn():
    s, a, r, s2 = zip(*random.sample(memory, 64))
    s, s2 = torch.from_numpy(np.stack(s)), torch.from_numpy(np.stack(s2))
    a, r = torch.tensor(a), torch.tensor(r)
    q_sa = q(s).gather(1, a.unsqueeze(1))
    with torch.no_grad():
        goal = r + GAMMA * q_target(s2).max(1).values
    loss = F.smooth_l1_loss(q_sa, goal)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


for episode in range(50):
    s, done, total = env.reset(), False, 0.0
    eps = max(0.05, 1 - episode / 25)
    while not done:
        a = random.randrange(3) if random.random() < eps else q(torch.from_numpy(s)).argmax().item()
        s2, r, done = env.step(a)
        memory.append((s, a, r, s2))
        s, total, steps = s2, total + r, steps + 1
        if len(memory) > 100:
            loss = learn()
            if steps % 50 == 0:
                q_target.load_state_dict(q.state_dict())
    if episode % 10 == 9:
        print(f"episode {episode + 1} return {total:.0f} loss {loss:.4f}")

score = 0.0
for _ in range(30):
    s, done = env.reset(), False
    while not done:
        with torch.no_grad():
            s, r, done = env.step(q(torch.from_numpy(s)).argmax().item())
        score += r / 30 / 30
print(f"FINAL return={score:.4f}")
