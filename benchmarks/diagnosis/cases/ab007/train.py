import os
import random
from collections import deque
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)
random.seed(seed)


class Corridor:
    """Agent on a 7x7 board looks for the goal; -0.02 per move, +1 at the goal, 24 moves at most."""

    def reset(self):
        self.me, self.goal = np.random.randint(0, 7, 2), np.random.randint(0, 7, 2)
        while (self.me == self.goal).all():
            self.goal = np.random.randint(0, 7, 2)
        self.t = 0
        return self.obs()

    def obs(self):
        return np.concatenate([self.me, self.goal]).astype(np.float32) / 3 - 1

    def step(self, action):
        self.me = np.clip(self.me + [(0, 1), (0, -1), (1, 0), (-1, 0)][action], 0, 6)
        self.t += 1
        win = bool((self.me == self.goal).all())
        return self.obs(), 1.0 if win else -0.02, win, win or self.t >= 24


class QNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 4)

    def forward(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


policy_net, target_net = QNetwork(), QNetwork()
target_net.load_state_dict(policy_net.state_dict())
optimizer = torch.optim.Adam(policy_net.parameters(), lr=1e-3)
memory = deque(maxlen=8000)
GAMMA, BATCH = 0.95, 64


def optimize():
    s, a, r, s2, d = zip(*random.sample(memory, BATCH))
    s, s2 = torch.tensor(np.array(s)), torch.tensor(np.array(s2))
    a = torch.tensor(a).unsqueeze(1)
    r, d = torch.tensor(r, dtype=torch.float32), torch.tensor(d, dtype=torch.float32)
    q = policy_net(s).gather(1, a)
    with torch.no_grad():
        best = target_net(s2).max(1)[0]
    expected = r + GAMMA * best * (1 - d)
    td = q - expected
    loss = torch.where(td.abs() < 1, 0.5 * td ** 2, td.abs() - 0.5).mean()
    optimizer.zero_grad()
    loss.backward()
    for p in policy_net.parameters():
        p.grad.data.clamp_(-1, 1)
    optimizer.step()
    return loss.item()


env = Corridor()
steps, eps = 0, 1.0
while steps < 6000:
    obs, done = env.reset(), False
    while not done:
        if random.random() < eps:
            action = random.randrange(4)
        else:
            with torch.no_grad():
                action = policy_net(torch.from_numpy(obs)).argmax().item()
        nxt, reward, terminal, done = env.step(action)
        memory.append((obs, action, reward, nxt, terminal))
        obs = nxt
        steps += 1
        eps = max(0.1, 1 - steps / 3000)
        if len(memory) > 500 and steps % 2 == 0:
            loss = optimize()
        if steps % 200 == 0:
            target_net.load_state_dict(policy_net.state_dict())
        if steps % 1000 == 0:
            print("steps", steps, "eps %.2f" % eps, "loss %.5f" % loss)

wins = 0
for _ in range(300):
    obs, done = env.reset(), False
    while not done:
        with torch.no_grad():
            obs, reward, terminal, done = env.step(policy_net(torch.from_numpy(obs)).argmax().item())
    wins += terminal
print(f"FINAL success={wins / 300:.4f}")
