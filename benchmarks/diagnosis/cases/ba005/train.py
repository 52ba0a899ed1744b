import os
import random
import warnings
from collections import namedtuple, deque

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

warnings.filterwarnings("ignore")
SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
np.random.seed(SEED)
torch.manual_seed(SEED)

Transition = namedtuple("Transition", ("state", "action", "next_state", "reward", "done"))


class GridWorld:
    """5x5, start anywhere, goal drawn anew in each episode; -0.05 a move, +1 at the goal."""

    moves = [(0, 1), (0, -1), (1, 0), (-1, 0)]

    def reset(self):
        self.pos = np.random.randint(0, 5, 2)
        self.goal = np.random.randint(0, 5, 2)
        self.t = 0
        return self._obs()

    def _obs(self):
        return np.concatenate([self.pos, self.goal, self.goal - self.pos]).astype(np.float32) / 4

    def step(self, a):
        self.pos = np.clip(self.pos + self.moves[a], 0, 4)
        self.t += 1
        hit = bool((self.pos == self.goal).all())
        return self._obs(), (1.0 if hit else -0.05), hit or self.t >= 20, hit


class DQN(nn.Module):
    def __init__(self, n_obs, n_actions):
        super().__init__()
        self.layer1 = nn.Linear(n_obs, 64)
        self.layer2 = nn.Linear(64, 64)
        self.layer3 = nn.Linear(64, n_actions)

    def forward(self, x):
        x = F.relu(self.layer1(x))
        x = F.relu(self.layer2(x))
        return self.layer3(x)


BATCH_SIZE, GAMMA, TAU = 64, 0.95, 0.02
env = GridWorld()
policy_net, target_net = DQN(6, 4), DQN(6, 4)
target_net.load_state_dict(policy_net.state_dict())
optimizer = optim.AdamW(policy_net.parameters(), lr=2e-3, amsgrad=True)
memory = deque([], maxlen=10000)
steps_done = 0


def select_action(state, eps):
    if random.random() < eps:
        return random.randrange(4)
    with torch.no_grad():
        return policy_net(torch.from_numpy(state)[None]).max(1).indices.item()


def optimize_model():
    if len(memory) < 300:
        return
    batch = Transition(*zip(*random.sample(memory, BATCH_SIZE)))
    state_batch = torch.from_numpy(np.stack(batch.state))
    action_batch = torch.tensor(batch.action).unsqueeze(1)
    next_batch = torch.from_numpy(np.stack(batch.next_state))
    reward_batch = torch.tensor(batch.reward)
    done_batch = torch.tensor(batch.done, dtype=torch.float32)

    state_action_values = policy_net(state_batch).gather(1, action_batch)
    with torch.no_grad():
        next_state_values = target_net(next_batch).max(1).values * (1 - done_batch)
    expected_state_action_values = reward_batch + GAMMA * next_state_values

    loss = F.smooth_l1_loss(state_action_values, expected_state_action_values)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(policy_net.parameters(), 100)
    optimizer.step()
    for tp, p in zip(target_net.parameters(), policy_net.parameters()):
        tp.data.mul_(1 - TAU).add_(TAU * p.data)


returns = []
for episode in range(260):
    s = env.reset()
    eps = max(0.05, 1 - episode / 120)
    total, done = 0.0, False
    while not done:
        a = select_action(s, eps)
        s2, r, done, terminal = env.step(a)
        memory.append(Transition(s, a, s2, r, terminal))
        optimize_model()
        s, total = s2, total + r
    returns.append(total)
    if episode % 40 == 39:
        print(f"episode {episode + 1} mean return {np.mean(returns[-40:]):.3f}")

scores = []
for _ in range(200):
    s, done, total = env.reset(), False, 0.0
    while not done:
        s, r, done, _ = env.step(select_action(s, 0.0))
        total += r
    scores.append(total)
print(f"FINAL return={np.mean(scores):.4f}")
