import copy
import os
import random
from collections import deque
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class DqnConfig:
    size: int = 5
    gamma: float = 0.95
    lr: float = 2e-3
    batch: int = 64
    steps: int = 2600
    warmup: int = 200
    sync_every: int = 100
    horizon: int = 25


class GridWorld:
    moves = [(0, 1), (1, 0), (0, -1), (-1, 0)]

    def __init__(self, cfg):
        self.n, self.horizon = cfg.size, cfg.horizon

    def reset(self):
        self.t = 0
        self.pos = (random.randrange(self.n), random.randrange(self.n))
        self.goal = (random.randrange(self.n), random.randrange(self.n))
        return self.observe()

    def observe(self):
        v = torch.zeros(4 * self.n)
        for k, value in enumerate((*self.pos, *self.goal)):
            v[k * self.n + value] = 1
        return v

    def step(self, action):
        self.t += 1
        dy, dx = self.moves[action]
        self.pos = (min(max(self.pos[0] + dy, 0), self.n - 1), min(max(self.pos[1] + dx, 0), self.n - 1))
        won = self.pos == self.goal
        return self.observe(), (1.0 if won else -0.02), won, won or self.t >= self.horizon


class QNet(nn.Module):
    def __init__(self, inputs, actions=4):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(inputs, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, actions))

    def forward(self, s):
        return self.layers(s)


class Agent:
    def __init__(self, cfg):
        self.cfg = cfg
        self.online = QNet(4 * cfg.size)
        self.target = copy.deepcopy(self.online)
        self.opt = torch.optim.Adam(self.online.parameters(), lr=cfg.lr)
        self.memory = deque(maxlen=5000)

    def act(self, state, epsilon):
        if random.random() < epsilon:
            return random.randrange(4)
        with torch.no_grad():
            return self.online(state).argmax().item()

    def learn(self):
        s, a, r, s2, done = zip(*random.sample(self.memory, self.cfg.batch))
        s, s2 = torch.stack(s), torch.stack(s2)
        a, r, done = torch.tensor(a), torch.tensor(r), torch.tensor(done, dtype=torch.float32)
        with torch.no_grad():
            goal = r + self.cfg.gamma * (1 - done) * self.target(s2).max(1).values
        q = self.online(s).gather(1, a[:, None]).squeeze(1)
        loss = F.smooth_l1_loss(q, goal)
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        return loss.item()

    def sync(self):
        self.target.load_state_dict(self.online.state_dict())


def evaluate(agent, env, episodes=150):
    total = 0.0
    for _ in range(episodes):
        state, over = env.reset(), False
        while not over:
            state, reward, _, over = env.step(agent.act(state, 0.0))
            total += reward
    return total / episodes


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    random.seed(seed)
    cfg = DqnConfig()
    env, agent = GridWorld(cfg), Agent(cfg)
    state = env.reset()
    for step in range(cfg.steps):
        epsilon = max(0.1, 1 - step / 1500)
        action = agent.act(state, epsilon)
        nxt, reward, won, over = env.step(action)
        agent.memory.append((state, action, reward, nxt, won))
        state = env.reset() if over else nxt
        if step >= cfg.warmup:
            loss = agent.learn()
            if step % cfg.sync_every == 0:
                agent.sync()
            if step % 400 == 0:
                print(f"step {step} loss {loss:.4f} epsilon {epsilon:.2f}")
    print(f"FINAL mean_return={evaluate(agent, env):.4f}")


main()
