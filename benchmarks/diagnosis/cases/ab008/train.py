import os
import numpy as np
import torch
import torch.nn as nn
from torch.distributions import Categorical

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)


class Cart:
    """Point on a line pushed left/right, to be kept near a moving set point."""

    def __init__(self, n):
        self.n = n

    def reset(self):
        self.x, self.v = rng.uniform(-1, 1, self.n), np.zeros(self.n)
        self.goal = rng.uniform(-1, 1, self.n)
        return self.obs()

    def obs(self):
        return torch.tensor(np.stack([self.x, self.v, self.goal], 1), dtype=torch.float32)

    def step(self, a):
        self.v = 0.8 * self.v + 0.12 * (a - 1)
        self.x = self.x + self.v
        return self.obs(), 1.0 - np.minimum(np.abs(self.x - self.goal), 1.0)


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine1 = nn.Linear(3, 64)
        self.affine2 = nn.Linear(64, 3)

    def forward(self, x):
        return torch.softmax(self.affine2(torch.relu(self.affine1(x))), dim=1)


policy = Policy()
optimizer = torch.optim.Adam(policy.parameters(), lr=0.01)
env, T, gamma = Cart(24), 24, 0.9

for episode in range(1, 121):
    s, logps, rewards = env.reset(), [], []
    for t in range(T):
        m = Categorical(policy(s))
        a = m.sample()
        logps.append(m.log_prob(a).data.numpy())
        s, r = env.step(a.numpy())
        rewards.append(r)
    R, returns = np.zeros(env.n), []
    for r in rewards[::-1]:
        R = r + gamma * R
        returns.insert(0, R)
    returns = torch.tensor(np.array(returns), dtype=torch.float32)
    returns = (returns - returns.mean(1, keepdim=True)) / (returns.std() + 1e-6)
    logp = torch.tensor(np.array(logps), requires_grad=True)
    loss = -(logp * returns).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if episode % 20 == 0:
        print(f"episode {episode}  mean reward {np.mean(rewards):.3f}  loss {loss.item():.4f}")

env, total = Cart(400), 0.0
with torch.no_grad():
    s = env.reset()
    for t in range(T):
        s, r = env.step(Categorical(policy(s)).sample().numpy())
        total += r.mean() / T
print(f"FINAL reward={total:.4f}")
