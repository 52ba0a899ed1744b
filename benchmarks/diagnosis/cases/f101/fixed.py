import os

import numpy as np
import torch
import torch.nn as nn
from torch.distributions import Categorical

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)


class Memory:
    """Shows one of four cues a step; the right answer is the cue shifted by the step's parity. Reward 1 if right."""

    length = 10

    def __init__(self, n):
        self.n = n

    def reset(self):
        self.t = 0
        self.cue = np.random.randint(0, 4, self.n)
        return self.observe()

    def observe(self):
        obs = np.zeros((self.n, 6), dtype=np.float32)
        obs[np.arange(self.n), self.cue] = 1
        obs[:, 4 + self.t % 2] = 1
        return torch.from_numpy(obs)

    def step(self, action):
        right = (self.cue + self.t % 2) % 4
        reward = (action.numpy() == right).astype(np.float32)
        self.t += 1
        self.cue = np.random.randint(0, 4, self.n)
        return self.observe(), torch.from_numpy(reward), self.t == self.length


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine1 = nn.Linear(6, 64)
        self.affine2 = nn.Linear(64, 4)

    def forward(self, x):
        return self.affine2(torch.relu(self.affine1(x)))


policy = Policy()
optimizer = torch.optim.Adam(policy.parameters(), lr=3e-3)
gamma = 0.5
env = Memory(16)


def run_episode(sample=True):
    obs, done = env.reset(), False
    log_probs, rewards = [], []
    while not done:
        dist = Categorical(logits=policy(obs))
        action = dist.sample() if sample else dist.probs.argmax(1)
        log_probs.append(dist.log_prob(action))
        obs, reward, done = env.step(action)
        rewards.append(reward)
    return torch.stack(log_probs), rewards


for episode in range(500):
    log_probs, rewards = run_episode()
    ret, returns = torch.zeros(env.n), []
    for r in reversed(rewards):
        ret = r + gamma * ret
        returns.insert(0, ret)
    returns = torch.stack(returns)
    returns = (returns - returns.mean()) / (returns.std() + 1e-6)
    loss = -(log_probs * returns).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if episode % 100 == 0:
        print(f"episode {episode} reward {torch.stack(rewards).mean().item():.3f}")

env = Memory(500)
with torch.no_grad():
    _, rewards = run_episode(sample=False)
print(f"FINAL reward={torch.stack(rewards).mean().item():.4f}")
