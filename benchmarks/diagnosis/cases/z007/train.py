import os
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.distributions import Categorical

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)


class Corridor:
    """Walk to the door whose colour is shown; ten steps at most."""
    size = 7

    def reset(self):
        self.pos = self.size // 2
        self.goal = int(rng.integers(2))
        self.t = 0
        return self.obs()

    def obs(self):
        o = np.zeros(self.size + 2, dtype=np.float32)
        o[self.pos] = 1
        o[self.size + self.goal] = 1
        return o

    def step(self, a):
        self.pos += 1 if a == 1 else -1
        self.t += 1
        if self.pos in (0, self.size - 1):
            right = (self.pos == self.size - 1) == (self.goal == 1)
            return self.obs(), (1.0 if right else -1.0), True
        return self.obs(), -0.02, self.t >= 10


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine = nn.Linear(9, 32)
        self.action_head = nn.Linear(32, 2)
        self.value_head = nn.Linear(32, 1)

    def forward(self, x):
        h = torch.tanh(self.affine(x))
        return self.action_head(h), self.value_head(h).squeeze(-1)


policy = Policy()
optimizer = optim.Adam(policy.parameters(), lr=1e-2)
env = Corridor()
gamma = 0.98

for update in range(120):
    states, actions, returns, totals = [], [], [], []
    for _ in range(8):
        s, done, rewards = env.reset(), False, []
        while not done:
            with torch.no_grad():
                a = Categorical(logits=policy(torch.from_numpy(s))[0]).sample().item()
            states.append(s); actions.append(a)
            s, r, done = env.step(a)
            rewards.append(r)
        totals.append(sum(rewards))
        R, back = 0.0, []
        for r in reversed(rewards):
            R = r + gamma * R
            back.insert(0, R)
        returns += back
    logits, values = policy(torch.from_numpy(np.stack(states)))
    returns = torch.tensor(returns)
    dist = Categorical(logits=logits)
    advantage = returns - values.detach()
    pg = -(dist.log_prob(torch.tensor(actions)) * advantage).mean()
    loss = pg + 0.5 * (values - returns).pow(2).mean() - 0.01 * dist.entropy().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if update % 10 == 0:
        print(f"update {update}\tloss {loss.item():+.4f}\taverage return {np.mean(totals):.3f}")

scores = []
for _ in range(200):
    s, done, total = env.reset(), False, 0.0
    while not done:
        with torch.no_grad():
            a = policy(torch.from_numpy(s))[0].argmax().item()
        s, r, done = env.step(a)
        total += r
    scores.append(total)
print(f"FINAL return={np.mean(scores):.4f}")
