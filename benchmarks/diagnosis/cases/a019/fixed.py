import os
import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)


def mlp(n_in, n_out, hidden=64, squash=False):
    layers = [nn.Linear(n_in, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, n_out)]
    return nn.Sequential(*layers, nn.Tanh()) if squash else nn.Sequential(*layers)


class Valve:
    """One-step control: the reward is the squared miss of the best opening, which depends on the state."""

    def observe(self, n):
        return torch.rand(n, 3) * 2 - 1

    def best(self, s):
        return 0.8 * torch.sin(2.5 * s[:, :1] + s[:, 1:2]) * torch.sign(s[:, 2:] + 0.2).clamp(-1, 1)

    def reward(self, s, a):
        return -(a - self.best(s)).pow(2)


class ReplayBuffer:
    def __init__(self, size):
        self.size, self.items = size, []

    def push(self, s, a, r):
        self.items.append((s, a, r))
        self.items = self.items[-self.size :]

    def sample(self, n):
        s, a, r = (torch.cat(part) for part in zip(*self.items))
        idx = torch.randint(0, len(s), (n,))
        return s[idx], a[idx], r[idx]


class DDPG:
    def __init__(self, n_state, n_action):
        self.actor = mlp(n_state, n_action, squash=True)
        self.critic = mlp(n_state + n_action, 1)
        self.actor_optimizer = torch.optim.Adam(self.actor.parameters(), lr=1e-3)
        self.critic_optimizer = torch.optim.Adam(self.critic.parameters(), lr=2e-3)

    def act(self, s, noise):
        with torch.no_grad():
            a = self.actor(s)
        return (a + noise * torch.randn_like(a)).clamp(-1, 1)

    def update(self, s, a, r):
        q = self.critic(torch.cat([s, a], 1))
        critic_loss = nn.functional.mse_loss(q, r)
        self.critic_optimizer.zero_grad()
        critic_loss.backward()
        self.critic_optimizer.step()

        actor_loss = -self.critic(torch.cat([s, self.actor(s)], 1)).mean()
        self.actor_optimizer.zero_grad()
        actor_loss.backward()
        self.actor_optimizer.step()
        return critic_loss.item(), actor_loss.item()


env, agent, memory = Valve(), DDPG(3, 1), ReplayBuffer(200)
for step in range(1500):
    s = env.observe(16)
    a = agent.act(s, noise=0.6)
    memory.push(s, a, env.reward(s, a))
    if step >= 20:
        lc, la = agent.update(*memory.sample(128))
        if step % 250 == 0:
            print(f"step {step}: critic {lc:.4f} actor {la:.4f}")

s = env.observe(4000)
print(f"FINAL reward={env.reward(s, agent.act(s, 0.0)).mean().item():.4f}")
