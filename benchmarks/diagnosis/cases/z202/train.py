import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


class StormyCorridor:
    """Walk right along 8 cells; slippery floor and very noisy rewards."""

    def __init__(self, n=24, length=8, horizon=16):
        self.n, self.length, self.horizon = n, length, horizon

    def reset(self):
        self.cell = np.zeros(self.n, dtype=int)
        return self.obs()

    def obs(self):
        return torch.eye(self.length)[self.cell]

    def step(self, a):
        slip = np.random.rand(self.n) < 0.15
        move = np.where(slip, np.random.choice([-1, 1], self.n), 2 * a.numpy() - 1)
        self.cell = np.clip(self.cell + move, 0, self.length - 1)
        clean = np.where(self.cell == self.length - 1, 1.0, np.where(self.cell == self.length - 2, 0.4, self.cell * 0.03))
        return self.obs(), clean, torch.tensor(clean + np.random.normal(0, 0.6, self.n), dtype=torch.float32)


policy = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 2))
optimizer = torch.optim.Adam(policy.parameters(), lr=5e-3)
env = StormyCorridor()


def episode(greedy=False):
    obs, logps, rewards, clean_sum = env.reset(), [], [], 0.0
    for _ in range(env.horizon):
        dist = torch.distributions.Categorical(logits=policy(obs))
        a = dist.probs.argmax(1) if greedy else dist.sample()
        logps.append(dist.log_prob(a))
        obs, clean, r = env.step(a)
        rewards.append(r)
        clean_sum += clean.mean()
    return torch.stack(logps), torch.stack(rewards), clean_sum / env.horizon


baseline = None
for it in range(250):
    logp, rew, clean = episode()
    to_go = rew.flip(0).cumsum(0).flip(0)
    baseline = to_go.mean(1) if baseline is None else 0.9 * baseline + 0.1 * to_go.mean(1)
    adv = to_go - baseline[:, None]
    loss = -(logp * adv).mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
    optimizer.step()
    if it % 25 == 0:
        print(f"{it:3d} surrogate {loss.item():+.3f} observed {rew.mean().item():+.3f} clean {clean:.3f}")

with torch.no_grad():
    value = np.mean([episode(greedy=True)[2] for _ in range(20)])
print(f"FINAL return={value:.4f}")
