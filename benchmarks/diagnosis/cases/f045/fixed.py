import os

import numpy as np
import torch
import torch.nn as nn
from torch.distributions import Categorical

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)


class WindyGrid:
    """6 x 6; the wind may push one cell down; reach the far corner within 25 moves"""

    moves = ((0, 1), (0, -1), (1, 0), (-1, 0))

    def reset(self):
        self.pos, self.t = [0, 0], 0
        return self.observe()

    def observe(self):
        v = np.zeros(12, dtype=np.float32)
        v[self.pos[0]] = v[6 + self.pos[1]] = 1
        return v

    def step(self, a):
        dx, dy = self.moves[a]
        if np.random.rand() < 0.15:
            dx, dy = 0, -1
        before = sum(self.pos)
        self.pos[0] = min(5, max(0, self.pos[0] + dx))
        self.pos[1] = min(5, max(0, self.pos[1] + dy))
        self.t += 1
        goal = self.pos == [5, 5]
        reward = 5.0 if goal else 0.3 * (sum(self.pos) - before) - 0.1
        return self.observe(), reward, goal or self.t >= 25, goal


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine1 = nn.Linear(12, 64)
        self.affine2 = nn.Linear(64, 4)

    def forward(self, x):
        return Categorical(logits=self.affine2(torch.relu(self.affine1(x))))


env = WindyGrid()
policy = Policy()
optimizer = torch.optim.Adam(policy.parameters(), lr=0.02)


def rollout():
    obs, log_probs, rewards, done, won = env.reset(), [], [], False, False
    while not done:
        dist = policy(torch.from_numpy(obs))
        action = dist.sample()
        obs, r, done, won = env.step(action.item())
        log_probs.append(dist.log_prob(action))
        rewards.append(r)
    returns, g = [], 0.0
    for r in rewards[::-1]:
        g = r + 0.97 * g
        returns.insert(0, g)
    return torch.stack(log_probs), torch.tensor(returns), won


baseline = 0.0
for episode in range(220):
    log_probs, returns, won = rollout()
    loss = -(log_probs * (returns - baseline)).sum() / 25
    baseline = 0.9 * baseline + 0.1 * returns.mean().item()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if episode % 40 == 0:
        print(f"episode {episode} length {len(returns)} return {returns[0].item():.2f} loss {loss.item():.3f}")

with torch.no_grad():
    wins = np.mean([rollout()[2] for _ in range(100)])
print(f"FINAL success={wins:.4f}")
