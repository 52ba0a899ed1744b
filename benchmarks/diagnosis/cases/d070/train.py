import os

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def episode(steps=30):
    """A mass on a spring pushed by a fixed policy; reward for being near the origin."""
    pos, vel = rng.uniform(-2, 2), rng.uniform(-1, 1)
    states, rewards = [], []
    for _ in range(steps):
        states.append((pos, vel))
        push = -0.5 * np.sign(vel)
        vel = vel + 0.2 * (push - pos) + rng.normal(0, 0.03)
        pos = pos + 0.2 * vel
        rewards.append(1.0 - abs(pos))
    togo, g = [], 0.0
    for r in reversed(rewards):
        g = r + 0.8 * g
        togo.append(g)
    return states[:15], togo[::-1][:15]


def collect(n):
    s, g = [], []
    for _ in range(n):
        a, b = episode()
        s += a
        g += b
    return torch.tensor(s, dtype=torch.float32), torch.tensor(g, dtype=torch.float32)


critic = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
optimizer = torch.optim.Adam(critic.parameters(), lr=3e-3)
for iteration in range(300):
    states, returns = collect(6)
    advantage = returns - critic(states)
    loss = 0.5 * advantage.pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if iteration % 50 == 0:
        print(f"iteration {iteration} value loss {loss.item():.4f}")

with torch.no_grad():
    states, returns = collect(100)
    error = (critic(states)[:, 0] - returns).pow(2).sum()
    r2 = 1 - error / (returns - returns.mean()).pow(2).sum()
print(f"FINAL value_r2={r2.item():.4f}")
