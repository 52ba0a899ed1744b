import os

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
rng = np.random.default_rng(SEED)
torch.manual_seed(SEED)


class Pendulum:
    """Damped pendulum driven by random torque; angle is wrapped."""

    g, length, dt, damping = 9.8, 1.0, 0.05, 0.1

    def step(self, s, u):
        th, om = s
        acc = -self.g / self.length * np.sin(th) - self.damping * om + u
        om = om + self.dt * acc
        th = (th + self.dt * om + np.pi) % (2 * np.pi) - np.pi
        return np.array([th, om]), self.dt * acc


def rollouts(n_traj, horizon):
    env, rows, targets = Pendulum(), [], []
    for _ in range(n_traj):
        s = np.array([rng.uniform(-np.pi, np.pi), rng.normal(0, 2)])
        for _ in range(horizon):
            u = rng.normal(0, 2)
            nxt, d_om = env.step(s, u)
            rows.append([s[0], s[1], u])
            targets.append([d_om])
            s = nxt
    return np.array(rows, np.float32), np.array(targets, np.float32)


class DynamicsModel(nn.Module):
    def __init__(self, obs_dim=2, act_dim=1, width=64, depth=3):
        super().__init__()
        blocks, d = [], obs_dim + act_dim
        for _ in range(depth):
            blocks.append(nn.Linear(d, width))
            blocks.append(nn.SiLU())
            d = width
        blocks.append(nn.Linear(d, 1))
        self.net = nn.Sequential(*blocks)

    def forward(self, obs, act):
        return self.net(torch.cat([obs, act], dim=-1))


X, Y = rollouts(150, 40)
Xt, Yt = rollouts(30, 40)
xm, xs, ys = X.mean(0), X.std(0), Y.std(0)
norm = lambda a: torch.from_numpy((a - xm) / xs)
X, Xt, Y, Yt = norm(X), norm(Xt), torch.from_numpy(Y / ys), torch.from_numpy(Yt / ys)

model = DynamicsModel()
optim = torch.optim.Adam(model.parameters(), lr=1e-3)
for it in range(1, 901):
    b = torch.randint(len(X), (128,))
    pred = model(X[b, :2], X[b, 2:])
    loss = (pred - Y[b]).pow(2).mean()
    optim.zero_grad()
    loss.backward()
    optim.step()
    if it % 200 == 0:
        print(f"it {it} loss {loss.item():.4f}")

with torch.no_grad():
    err = (model(Xt[:, :2], Xt[:, 2:]) - Yt).pow(2).mean()
print(f"FINAL r2={(1 - err / Yt.var()).item():.4f}")
