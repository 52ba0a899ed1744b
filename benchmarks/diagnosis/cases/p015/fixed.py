import os
import math
import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)


class Pendulum:
    """A swinging rod with torque, ten steps a second."""

    limit = 8.0

    def reset(self, n):
        self.theta = np.random.uniform(-math.pi, math.pi, n)
        self.omega = np.random.uniform(-2, 2, n)
        return self.observe()

    def observe(self):
        return np.stack([np.cos(self.theta), np.sin(self.theta), self.omega], 1).astype("float32")

    def step(self, torque):
        torque = np.clip(torque, -self.limit, self.limit)
        self.omega = np.clip(self.omega + 0.1 * (7.5 * np.sin(self.theta) + 1.5 * torque), -8, 8)
        self.theta = (self.theta + 0.1 * self.omega + math.pi) % (2 * math.pi) - math.pi
        cost = self.theta ** 2 + 0.1 * self.omega ** 2
        return self.observe(), -cost


def expert(obs):
    theta = np.arctan2(obs[:, 1], obs[:, 0])
    return np.clip(-7.0 * theta - 2.0 * obs[:, 2], -Pendulum.limit, Pendulum.limit).astype("float32")


def demonstrations(episodes=80, steps=25):
    env, states, actions = Pendulum(), [], []
    obs = env.reset(episodes)
    for _ in range(steps):
        act = expert(obs)
        states.append(obs)
        actions.append(act)
        obs, _ = env.step(act + 0.8 * np.random.randn(episodes))
    return torch.from_numpy(np.concatenate(states)), torch.from_numpy(np.concatenate(actions)).unsqueeze(1)


class Actor(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(3, 64)
        self.l2 = nn.Linear(64, 64)
        self.mu = nn.Linear(64, 1)

    def forward(self, s):
        h = torch.relu(self.l1(s))
        h = torch.relu(self.l2(h))
        return 8.0 * torch.tanh(self.mu(h))


s, a = demonstrations()
actor = Actor()
opt = torch.optim.Adam(actor.parameters(), lr=1e-3)
loss_fn = nn.MSELoss()
for epoch in range(25):
    for idx in torch.randperm(len(s)).split(64):
        loss = loss_fn(actor(s[idx]), a[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 5 == 0:
        print("clone", epoch, loss.item())

env = Pendulum()
obs, rewards = env.reset(200), []
for _ in range(40):
    with torch.no_grad():
        action = actor(torch.from_numpy(obs)).squeeze(1).numpy()
    obs, r = env.step(action)
    rewards.append(r)
print(f"FINAL reward={np.mean(rewards):.4f}")
