import os
import random
from collections import deque

import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
random.seed(SEED)
np.random.seed(SEED)

SIZE, GOAL, PITS = 5, (4, 4), {(1, 1), (2, 3), (3, 1)}
MOVES = [(-1, 0), (1, 0), (0, -1), (0, 1)]
MAX_STEPS, GAMMA = 25, 0.95
STARTS = [(r, c) for r in range(SIZE) for c in range(SIZE) if (r, c) != GOAL and (r, c) not in PITS]


def env_step(pos, action):
    r, c = pos[0] + MOVES[action][0], pos[1] + MOVES[action][1]
    if not (0 <= r < SIZE and 0 <= c < SIZE):
        return pos, -0.05, False
    if (r, c) in PITS:
        return (r, c), -1.0, True
    if (r, c) == GOAL:
        return (r, c), 1.0, True
    return (r, c), -0.02, False


def observe(pos):
    x = np.zeros(2 * SIZE, dtype=np.float32)
    x[pos[0]] = x[SIZE + pos[1]] = 1
    return x


class DQN(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2 * SIZE, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))

    def forward(self, x):
        return self.layers(x)


policy, target = DQN(), DQN()
target.load_state_dict(policy.state_dict())
optimizer = torch.optim.Adam(policy.parameters(), lr=0.002)
memory = deque(maxlen=5000)


def act(pos, epsilon):
    if random.random() < epsilon:
        return random.randrange(4)
    with torch.no_grad():
        return policy(torch.from_numpy(observe(pos))).argmax().item()


def learn(batch_size=64):
    s, a, r, s2, done = zip(*random.sample(memory, batch_size))
    s, s2 = torch.from_numpy(np.stack(s)), torch.from_numpy(np.stack(s2))
    a, r, done = torch.tensor(a), torch.tensor(r), torch.tensor(done, dtype=torch.float32)
    q = policy(s).gather(1, a.unsqueeze(1)).squeeze(1)
    with torch.no_grad():
        best = r + GAMMA * target(s2).max(1).values * (1 - done)
    loss = nn.functional.smooth_l1_loss(q, best)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


total_steps, losses = 0, []
for episode in range(350):
    pos = random.choice(STARTS)
    epsilon = max(0.1, 1 - episode / 150)
    for _ in range(MAX_STEPS):
        action = act(pos, epsilon)
        nxt, reward, done = env_step(pos, action)
        memory.append((observe(pos), action, reward, observe(nxt), float(done)))
        pos = nxt
        total_steps += 1
        if len(memory) > 300 and total_steps % 2 == 0:
            losses.append(learn())
            if len(losses) % 50 == 0:
                target.load_state_dict(policy.state_dict())
        if done:
            break
    if episode % 50 == 49:
        print(f"episode {episode + 1} loss {np.mean(losses[-100:]):.4f}")

wins = 0
for start in STARTS:
    pos = start
    for _ in range(MAX_STEPS):
        pos, _, done = env_step(pos, act(pos, 0.0))
        if done:
            break
    wins += pos == GOAL
print(f"FINAL success={wins / len(STARTS):.4f}")
