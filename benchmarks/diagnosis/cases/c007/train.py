import os

import numpy as np
import torch
import torch.nn as nn
from torch.distributions import Categorical

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)


class Corridor:
    """Walk to the goal cell on a 5x5 board within 12 moves; the goal moves every episode."""

    moves = [(0, 1), (0, -1), (1, 0), (-1, 0)]

    def reset(self):
        self.pos = rng.randint(0, 5, 2)
        self.goal = rng.randint(0, 5, 2)
        while (self.goal == self.pos).all():
            self.goal = rng.randint(0, 5, 2)
        self.t = 0
        return self.state()

    def state(self):
        return np.concatenate([(self.pos - 2) / 2, (self.goal - self.pos) / 4]).astype("float32")

    def step(self, action):
        self.pos = np.clip(self.pos + self.moves[action], 0, 4)
        self.t += 1
        done = bool((self.pos == self.goal).all())
        return self.state(), (1.0 if done else -0.05), done or self.t >= 12, done


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(4, 64)
        self.action = nn.Linear(64, 4)

    def forward(self, s):
        return torch.softmax(self.action(torch.tanh(self.hidden(s))), dim=-1)


env = Corridor()
policy = Policy()
optimizer = torch.optim.Adam(policy.parameters(), lr=1e-2)
baseline = 0.0

for update in range(180):
    log_probs, returns, wins = [], [], 0
    for episode in range(12):
        state, done, rewards, lps = env.reset(), False, [], []
        while not done:
            dist = Categorical(policy(torch.from_numpy(state)))
            action = dist.sample()
            lps.append(dist.log_prob(action))
            state, r, done, won = env.step(action.item())
            rewards.append(r)
        wins += won
        g = 0.0
        back = []
        for r in reversed(rewards):
            g = r + 0.95 * g
            back.append(g)
        returns += back[::-1]
        log_probs += lps
    returns = torch.tensor(returns)
    baseline = 0.9 * baseline + 0.1 * returns.mean().item()
    loss = -(torch.stack(log_probs) * (returns - baseline)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if update % 30 == 0:
        print(f"update {update:3d}  loss {loss.item():+.4f}  wins {wins}/12")

wins = 0
with torch.no_grad():
    for episode in range(200):
        state, done = env.reset(), False
        while not done:
            state, _, done, won = env.step(policy(torch.from_numpy(state)).argmax().item())
        wins += won
print(f"FINAL success_rate={wins / 200:.4f}")
