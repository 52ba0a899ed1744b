import os
import random
from collections import deque

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
np.random.seed(SEED)
torch.manual_seed(SEED)


class PointMass:
    """Push a cart on a line to the origin and keep it there; actions: left, none, right."""

    n_actions = 3

    def __init__(self, horizon=30):
        self.horizon = horizon
        self.state = np.zeros(2, dtype=np.float32)

    def reset(self):
        self.t = 0
        self.state[0] = random.uniform(-1, 1)
        self.state[1] = 0.0
        return self.state.copy()

    def step(self, action):
        self.t += 1
        self.state[1] = 0.9 * self.state[1] + 0.08 * (action - 1)
        self.state[0] = np.clip(self.state[0] + self.state[1], -1.5, 1.5)
        reward = 1.0 - min(1.0, 2 * abs(float(self.state[0])))
        return self.state.copy(), reward, self.t >= self.horizon


class ReplayMemory:
    def __init__(self, capacity):
        self.items = deque(maxlen=capacity)

    def push(self, state, action, reward, next_state):
        s = torch.tensor(np.concatenate([state, next_state]))
        self.items.append((s, action, reward))

    def sample(self, k):
        rows = random.sample(self.items, k)
        both = torch.stack([r[0] for r in rows])
        return both[:, :2], torch.tensor([r[1] for r in rows]), torch.tensor([r[2] for r in rows]), both[:, 2:]


class DQNAgent:
    def __init__(self, gamma=0.93, lr=2e-3):
        def net():
            return nn.Sequential(nn.Linear(2, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 3))
        self.online, self.target = net(), net()
        self.target.load_state_dict(self.online.state_dict())
        self.opt = torch.optim.Adam(self.online.parameters(), lr=lr)
        self.gamma, self.updates = gamma, 0

    def act(self, state, eps):
        if random.random() < eps:
            return random.randrange(3)
        with torch.no_grad():
            return int(self.online(torch.as_tensor(state)[None]).argmax(1))

    def learn(self, batch):
        s, a, r, s2 = batch
        q = self.online(s).gather(1, a[:, None]).squeeze(1)
        with torch.no_grad():
            goal = r + self.gamma * self.target(s2).max(1).values
        loss = nn.functional.smooth_l1_loss(q, goal)
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        self.updates += 1
        if self.updates % 100 == 0:
            self.target.load_state_dict(self.online.state_dict())
        return loss.item()


def play(env, agent, eps, memory=None):
    state, total, done, loss = env.reset(), 0.0, False, 0.0
    while not done:
        action = agent.act(state, eps)
        next_state, reward, done = env.step(action)
        if memory is not None:
            memory.push(state, action, reward, next_state)
            if len(memory.items) > 200:
                loss = agent.learn(memory.sample(48))
        state = next_state
        total += reward
    return total / env.horizon, loss


env, agent, memory = PointMass(), DQNAgent(), ReplayMemory(4000)
for episode in range(90):
    ret, loss = play(env, agent, max(0.1, 1 - episode / 40), memory)
    if episode % 15 == 0:
        print(f"episode {episode:3d} return {ret:.3f} td loss {loss:.4f}")
score = float(np.mean([play(env, agent, 0.0)[0] for _ in range(30)]))
print(f"FINAL return={score:.4f}")
