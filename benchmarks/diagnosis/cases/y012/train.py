import math
import os

import numpy as np
import torch
from torch import nn
from torch.distributions import Categorical

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)


class CartPoles:
    """A batch of cart-poles, in numpy, with the usual constants."""

    def __init__(self, n):
        self.n = n

    def reset(self):
        self.s = np.random.uniform(-0.05, 0.05, (self.n, 4))
        return self.s.astype("float32")

    def step(self, a):
        x, v, th, om = self.s.T
        force = np.where(a == 1, 10.0, -10.0)
        sin, cos = np.sin(th), np.cos(th)
        tmp = (force + 0.05 * om**2 * sin) / 1.1
        acc_th = (9.8 * sin - cos * tmp) / (0.5 * (4 / 3 - 0.1 * cos**2 / 1.1))
        acc_x = tmp - 0.05 * acc_th * cos / 1.1
        self.s = np.stack([x + 0.02 * v, v + 0.02 * acc_x, th + 0.02 * om, om + 0.02 * acc_th], 1)
        down = (np.abs(self.s[:, 0]) > 2.4) | (np.abs(self.s[:, 2]) > 12 * math.pi / 180)
        return self.s.astype("float32"), down


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(4, 64), nn.Tanh())
        self.pi = nn.Linear(64, 2)
        self.v = nn.Linear(64, 1)
        nn.init.normal_(self.pi.weight, std=0.01)
        nn.init.zeros_(self.pi.bias)

    def forward(self, s):
        h = self.trunk(s)
        return Categorical(probs=torch.softmax(self.pi(h), -1)), self.v(h).squeeze(-1)


def rollout(policy, n, greedy=False, horizon=200):
    env = CartPoles(n)
    s = env.reset()
    alive = np.ones(n, dtype=bool)
    states, actions, masks = [], [], []
    for _ in range(horizon):
        st = torch.from_numpy(s)
        with torch.no_grad():
            dist, _ = policy(st)
            a = dist.probs.argmax(-1) if greedy else dist.sample()
        states.append(st)
        actions.append(a)
        masks.append(torch.from_numpy(alive.astype("float32")))
        s, down = env.step(a.numpy())
        alive = alive & ~down
        if not alive.any():
            break
    return torch.stack(states), torch.stack(actions), torch.stack(masks)


policy = Policy()
opt = torch.optim.Adam(policy.parameters(), lr=1e-2)
for it in range(100):
    S, A, M = rollout(policy, 16)
    G = torch.zeros_like(M)
    run = torch.zeros(M.shape[1])
    for t in reversed(range(len(M))):
        run = M[t] + 0.98 * run * M[t]
        G[t] = run
    on = M.bool()
    dist, value = policy(S)
    adv = G - value.detach() * 20
    adv = (adv - adv[on].mean()) / (adv[on].std() + 1e-6)
    pg = -(dist.log_prob(A) * adv)[on].mean()
    vf = (value - G / 20)[on].pow(2).mean()
    ent = dist.entropy()[on].mean()
    loss = pg + 0.5 * vf - 0.003 * ent
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
    opt.step()
    if it % 10 == 0:
        print(f"iter {it} return {M.sum(0).mean():.1f} loss {loss.item():+.3f} entropy {ent.item():.3f}")

_, _, M = rollout(policy, 100, greedy=True)
print(f"FINAL mean_return={M.sum(0).mean().item():.2f}")
