import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.distributions import Categorical

SEED = int(os.environ.get("SEED", 0))
rng = np.random.default_rng(SEED)
torch.manual_seed(SEED)


class Forage:
    """Many lines at once: walk to the berry, it regrows elsewhere; 20 moves."""

    def __init__(self, n=32, cells=9):
        self.n, self.cells = n, cells

    def reset(self):
        self.pos = rng.integers(0, self.cells, self.n)
        self.berry = rng.integers(0, self.cells, self.n)
        return self.obs()

    def obs(self):
        eye = np.eye(self.cells, dtype=np.float32)
        return torch.from_numpy(np.concatenate([eye[self.pos], eye[self.berry]], 1))

    def step(self, a):
        self.pos = np.clip(self.pos + np.array([-1, 0, 1])[a], 0, self.cells - 1)
        hit = self.pos == self.berry
        fresh = rng.integers(0, self.cells, self.n)
        self.berry = np.where(hit, fresh, self.berry)
        return self.obs(), torch.from_numpy(hit.astype(np.float32))


class ActorCritic(nn.Module):
    def __init__(self, n_in, n_actions):
        super().__init__()
        self.affine = nn.Linear(n_in, 64)
        self.action_head = nn.Linear(64, n_actions)
        self.value_head = nn.Linear(64, 1)

    def forward(self, x):
        h = torch.tanh(self.affine(x))
        return Categorical(logits=self.action_head(h)), self.value_head(h).squeeze(-1)


env = Forage()
model = ActorCritic(18, 3)
optimizer = torch.optim.RMSprop(model.parameters(), lr=3e-3, alpha=0.99, eps=1e-5)
GAMMA, N = 0.9, 10
totals = []
for update in range(350):
    if update % 2 == 0:
        obs = env.reset()
        total = torch.zeros(env.n)
    logps, values, rewards, ents = [], [], [], []
    for _ in range(N):
        dist, v = model(obs)
        a = dist.sample()
        obs, r = env.step(a.numpy())
        logps.append(dist.log_prob(a))
        values.append(v)
        rewards.append(r)
        ents.append(dist.entropy())
        total += r
    with torch.no_grad():
        R = model(obs)[1]
    returns = []
    for r in reversed(rewards):
        R = r + GAMMA * R
        returns.insert(0, R)
    returns, values = torch.stack(returns), torch.stack(values)
    advantage = (returns - values).detach()
    policy_loss = -(torch.stack(logps) * advantage).mean()
    loss = policy_loss + 0.5 * F.mse_loss(values, returns) - 0.01 * torch.stack(ents).mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 0.5)
    optimizer.step()
    if update % 2:
        totals.append(total.mean().item())
    if update % 50 == 49:
        print(f"update {update + 1} return {np.mean(totals[-20:]):.2f} policy loss {policy_loss.item():.4f}")

scores = []
with torch.no_grad():
    for _ in range(5):
        obs, total = env.reset(), torch.zeros(env.n)
        for _ in range(20):
            obs, r = env.step(model(obs)[0].probs.argmax(1).numpy())
            total += r
        scores.append(total.mean().item())
print(f"FINAL return={np.mean(scores):.4f}")
