import os
import random
from collections import deque

import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)


class Lander:
    """Height and speed; thrust or not. Touch the ground slower than 0.35 to win."""

    def reset(self):
        self.h = random.uniform(0.6, 1.0)
        self.v = random.uniform(-0.1, 0.0)
        self.t = 0
        return [self.h, self.v]

    def step(self, a):
        self.v += -0.04 + (0.09 if a else 0.0)
        self.h += self.v * 0.5
        self.t += 1
        if self.h <= 0:
            soft = abs(self.v) < 0.2
            return [0.0, self.v], (1.0 if soft else -1.0), True, soft
        if self.h > 1.6 or self.t >= 60:
            return [self.h, self.v], -1.0, True, False
        return [self.h, self.v], -0.005, False, False


def make_q():
    return nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))


env = Lander()
q, q_target = make_q(), make_q()
q_target.load_state_dict(q.state_dict())
optimizer = torch.optim.Adam(q.parameters(), lr=1e-3)
memory = deque(maxlen=10000)
huber = nn.SmoothL1Loss()
updates = 0

for episode in range(260):
    s, done = env.reset(), False
    eps = max(0.05, 1 - episode / 120)
    while not done:
        if random.random() < eps:
            a = random.randint(0, 1)
        else:
            with torch.no_grad():
                a = q(torch.tensor([[s[0], s[1] * 3]])).argmax().item()
        s2, r, done, won = env.step(a)
        memory.append((s[0], s[1] * 3, a, r, s2[0], s2[1] * 3, float(done)))
        s = s2
        if len(memory) >= 300 and len(memory) % 2 == 0 or len(memory) == 10000:
            batch = torch.tensor(random.sample(memory, 48))
            state, act, rew, nxt, end = batch[:, :2], batch[:, 2].long(), batch[:, 3], batch[:, 4:6], batch[:, 6]
            with torch.no_grad():
                best = q(nxt).argmax(1, keepdim=True)
                target = rew + 0.97 * (1 - end) * q_target(nxt).gather(1, best).squeeze(1)
            value = q(state).gather(1, act[:, None]).squeeze(1)
            loss = huber(value, target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            updates += 1
            if updates % 100 == 0:
                q_target.load_state_dict(q.state_dict())
    if episode % 40 == 39:
        print(f"episode {episode + 1} td loss {loss.item():.4f} eps {eps:.2f}")

wins = 0
for _ in range(100):
    s, done = env.reset(), False
    while not done:
        with torch.no_grad():
            a = q(torch.tensor([[s[0], s[1] * 3]])).argmax().item()
        s, _, done, won = env.step(a)
    wins += won
print(f"FINAL success_rate={wins / 100:.4f}")
