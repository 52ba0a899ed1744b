import copy
import os

import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
rng = np.random.default_rng(SEED)
torch.manual_seed(SEED)


class PointMass:
    def reset(self):
        self.p, self.v, self.t = rng.uniform(-1, 1), 0.0, 0
        return self.obs()

    def obs(self):
        return np.array([self.p, self.v], dtype=np.float32)

    def step(self, a):
        self.v = 0.8 * self.v + 0.3 * a
        self.p += 0.3 * self.v + rng.normal(0, 0.01)
        self.t += 1
        return self.obs(), -abs(self.p) - 0.05 * a * a, self.t >= 25


def mlp(i, o, out=None):
    layers = [nn.Linear(i, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, o)]
    return nn.Sequential(*layers, *([out] if out else []))


actor, q1, q2 = mlp(2, 1, nn.Tanh()), mlp(3, 1), mlp(3, 1)
actor_t, q1_t, q2_t = (copy.deepcopy(m).requires_grad_(False) for m in (actor, q1, q2))
actor_opt = torch.optim.Adam(actor.parameters(), lr=1e-3)
critic_opt = torch.optim.Adam([*q1.parameters(), *q2.parameters()], lr=2e-3)
S, A, R, S2 = np.zeros((4000, 2), np.float32), np.zeros((4000, 1), np.float32), np.zeros((4000, 1), np.float32), np.zeros((4000, 2), np.float32)
size, env = 0, PointMass()


def update(delay):
    i = rng.integers(0, size, 64)
    s, a, r, s2 = (torch.from_numpy(z[i]) for z in (S, A, R, S2))
    with torch.no_grad():
        a2 = (actor_t(s2) + (0.1 * torch.randn(64, 1)).clamp(-0.2, 0.2)).clamp(-1, 1)
        sa2 = torch.cat([s2, a2], 1)
        y = r + 0.95 * torch.min(q1_t(sa2), q2_t(sa2))
    sa = torch.cat([s, a], 1)
    critic_loss = (q1(sa) - y).pow(2).mean() + (q2(sa) - y).pow(2).mean()
    critic_opt.zero_grad()
    critic_loss.backward()
    critic_opt.step()
    if delay:
        actor_loss = -q1(torch.cat([s, actor(s)], 1)).mean()
        actor_opt.zero_grad()
        actor_loss.backward()
        actor_opt.step()
        for net, slow in ((actor, actor_t), (q1, q1_t), (q2, q2_t)):
            for p, pt in zip(net.parameters(), slow.parameters()):
                pt.data.mul_(0.99).add_(0.01 * p.data)
    return critic_loss.item()


for episode in range(36):
    s, done, total = env.reset(), False, 0.0
    while not done:
        with torch.no_grad():
            a = actor(torch.from_numpy(s)).item() if episode > 6 else rng.uniform(-1, 1)
        a = float(np.clip(a + 0.2 * rng.normal(), -1, 1))
        s2, r, done = env.step(a)
        S[size], A[size], R[size], S2[size] = s, a, r, s2
        size, s, total = size + 1, s2, total + r
        if size > 100:
            loss = update(size % 2 == 0)
    if episode % 6 == 5:
        print(f"episode {episode + 1} return {total:.2f} critic loss {loss:.4f}")

scores = []
for _ in range(20):
    s, done, total = env.reset(), False, 0.0
    while not done:
        with torch.no_grad():
            s, r, done = env.step(actor(torch.from_numpy(s)).item())
        total += r
    scores.append(total)
print(f"FINAL return={np.mean(scores):.4f}")
