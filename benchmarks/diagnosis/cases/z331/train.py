import os
from dataclasses import dataclass

import torch
from torch import nn
from torch.distributions import Categorical


@dataclass
class A2cConfig:
    envs: int = 32
    horizon: int = 16
    gamma: float = 0.9
    entropy: float = 0.01
    value_weight: float = 0.5
    updates: int = 250
    lr: float = 3e-3
    seed: int = int(os.environ.get("SEED", 0))


class Tracking:
    """Stay close to a drifting mark on a line; actions are left, stay, right."""

    def __init__(self, n):
        self.n = n

    def reset(self):
        self.gap = torch.randn(self.n)
        self.drift = 0.2 * torch.randn(self.n)
        return self.state()

    def state(self):
        return torch.stack([self.gap, self.drift], 1)

    def step(self, action):
        self.gap = self.gap + self.drift + 0.4 * (action - 1.0)
        return self.state(), 1 - self.gap.abs().clamp(max=2)


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 48), nn.Tanh())
        self.policy = nn.Linear(48, 3)
        self.value = nn.Linear(48, 1)

    def forward(self, s):
        h = self.body(s)
        return Categorical(logits=self.policy(h)), self.value(h).squeeze(-1)


class A2c:
    def __init__(self, cfg):
        self.cfg, self.env, self.net = cfg, Tracking(cfg.envs), ActorCritic()
        self.opt = torch.optim.Adam(self.net.parameters(), lr=cfg.lr)

    def rollout(self):
        s = self.env.reset()
        logs, values, rewards, entropies = [], [], [], []
        for _ in range(self.cfg.horizon):
            policy, value = self.net(s)
            a = policy.sample()
            s, r = self.env.step(a)
            logs.append(policy.log_prob(a))
            values.append(value)
            rewards.append(r)
            entropies.append(policy.entropy())
        with torch.no_grad():
            _, last = self.net(s)
        return map(torch.stack, (logs, values, rewards, entropies)), last

    def update(self):
        (logs, values, rewards, entropies), running = self.rollout()
        returns = torch.empty_like(rewards)
        for t in reversed(range(self.cfg.horizon)):
            running = rewards[t] + self.cfg.gamma * running
            returns[t] = running
        advantage = (returns - values).detach()
        advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-6)
        actor = -(logs * advantage).mean() - self.cfg.entropy * entropies.mean()
        loss = actor + self.cfg.value_weight * (values - returns).pow(2).mean()
        self.opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 0.5)
        self.opt.step()
        return loss.item(), rewards.sum(0).mean().item()

    @torch.no_grad()
    def evaluate(self):
        env = Tracking(500)
        s, total = env.reset(), 0.0
        for _ in range(self.cfg.horizon):
            s, r = env.step(self.net(s)[0].probs.argmax(1))
            total += r.mean().item()
        return total


cfg = A2cConfig()
torch.manual_seed(cfg.seed)
agent = A2c(cfg)
for i in range(cfg.updates):
    loss, reward = agent.update()
    if i % 25 == 0:
        print(f"update {i} loss {loss:.4f} return {reward:.3f}")
print(f"FINAL mean_return={agent.evaluate():.4f}")
