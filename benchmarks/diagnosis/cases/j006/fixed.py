import os
import random
from collections import deque

import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

ROWS, COLS, GOAL = 5, 7, (4, 6)
CLIFF = {(4, c) for c in range(1, 6)}
MOVES = [(-1, 0), (1, 0), (0, -1), (0, 1)]


class CliffWalk:
    def reset(self, anywhere=True):
        self.pos = (random.randrange(4), random.randrange(COLS)) if anywhere else (4, 0)
        self.t = 0
        return self.state()

    def state(self):
        return torch.tensor([self.pos[0] / 2 - 1, self.pos[1] / 3 - 1])

    def step(self, a):
        r = min(max(self.pos[0] + MOVES[a][0], 0), ROWS - 1)
        c = min(max(self.pos[1] + MOVES[a][1], 0), COLS - 1)
        self.pos = (r, c)
        self.t += 1
        if self.pos in CLIFF:
            return self.state(), -1.0, True
        if self.pos == GOAL:
            return self.state(), 1.0, True
        return self.state(), -0.01, self.t >= 40


class Agent:
    def __init__(self):
        make = lambda: nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))
        self.q, self.target = make(), make()
        self.target.load_state_dict(self.q.state_dict())
        self.opt = torch.optim.Adam(self.q.parameters(), lr=1e-3)
        self.memory = deque(maxlen=5000)
        self.loss_fn = nn.MSELoss()

    def act(self, s, eps):
        if random.random() < eps:
            return random.randrange(4)
        with torch.no_grad():
            return self.q(s).argmax().item()

    def learn(self, batch_size=64, gamma=0.97):
        s, a, r, s2, done = zip(*random.sample(self.memory, batch_size))
        s, s2 = torch.stack(s), torch.stack(s2)
        a, r, done = torch.tensor(a), torch.tensor(r), torch.tensor(done).float()
        value = self.q(s).gather(1, a.unsqueeze(1))
        with torch.no_grad():
            best = self.target(s2).max(1)[0]
            goal = r + gamma * best * (1 - done)
        loss = self.loss_fn(value.squeeze(1), goal)
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        return loss.item()


env, agent, steps, loss = CliffWalk(), Agent(), 0, 0.0
for episode in range(420):
    s, done = env.reset(), False
    eps = max(0.1, 1 - episode / 200)
    while not done:
        a = agent.act(s, eps)
        s2, r, done = env.step(a)
        agent.memory.append((s, a, r, s2, done and env.t < 40))
        s = s2
        steps += 1
        if len(agent.memory) > 500 and steps % 2 == 0:
            loss = agent.learn()
        if steps % 200 == 0:
            agent.target.load_state_dict(agent.q.state_dict())
    if episode % 60 == 0:
        print(f"episode {episode} eps {eps:.2f} td loss {loss:.5f}")

returns = []
for k in range(40):
    s, done, total = env.reset(anywhere=k > 0), False, 0.0
    while not done:
        s, r, done = env.step(agent.act(s, 0.0))
        total += r
    returns.append(total)
print(f"FINAL return={sum(returns) / len(returns):.4f}")
