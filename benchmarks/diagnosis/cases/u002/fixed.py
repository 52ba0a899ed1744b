import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)

DT = 0.05


def expert_torque(th, thdot):
    # energy shaping far from the top, PD close to it
    pd = -9.0 * th - 2.2 * thdot
    energy = 0.5 * thdot ** 2 + 10.0 * (np.cos(th) - 1)
    swing = -0.6 * thdot * energy
    u = np.where(np.abs(th) < 0.6, pd, swing)
    return np.clip(u, -2.0, 2.0)


def rollouts(n, horizon=40):
    th = np.random.uniform(-np.pi, np.pi, n)
    thdot = np.random.uniform(-3, 3, n)
    obs, act = [], []
    for _ in range(horizon):
        u = expert_torque(th, thdot)
        obs.append(np.stack([np.cos(th), np.sin(th), thdot / 4.0], 1))
        act.append(u)
        thdot = np.clip(thdot + DT * (15.0 * np.sin(th) + 3.0 * u), -8, 8)
        th = (th + DT * thdot + np.pi) % (2 * np.pi) - np.pi
    o = torch.tensor(np.concatenate(obs), dtype=torch.float32)
    a = torch.tensor(np.concatenate(act), dtype=torch.float32).unsqueeze(1)
    return o, a


class ReplayBuffer:
    def __init__(self, obs, act):
        self.obs, self.act = obs, act

    def sample(self, n):
        idx = np.random.randint(0, len(self.obs), n)
        return self.obs[idx], self.act[idx]


class Actor(nn.Module):
    def __init__(self, state_dim, action_dim, hidden=128):
        super(Actor, self).__init__()
        self.l1 = nn.Linear(state_dim, hidden)
        self.l2 = nn.Linear(hidden, hidden)
        self.l3 = nn.Linear(hidden, action_dim)

    def forward(self, state):
        a = F.relu(self.l1(state))
        a = F.relu(self.l2(a))
        return 2.0 * torch.tanh(self.l3(a))


buffer = ReplayBuffer(*rollouts(400))
test_obs, test_act = rollouts(80)
actor = Actor(3, 1)
actor_optimizer = torch.optim.Adam(actor.parameters(), lr=1e-3)

for t in range(2000):
    state, action = buffer.sample(100)
    bc_loss = F.mse_loss(actor(state), action)
    actor_optimizer.zero_grad()
    bc_loss.backward()
    actor_optimizer.step()
    if (t + 1) % 250 == 0:
        print(f"step {t + 1}: bc loss {bc_loss.item():.4f}")

with torch.no_grad():
    err = (actor(test_obs) - test_act).pow(2).mean()
    r2 = 1 - err / test_act.var(unbiased=False)
print(f"FINAL r2={r2.item():.4f}")
