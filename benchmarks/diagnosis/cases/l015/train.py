"""Advantage actor-critic on a corridor with a random goal (vectorised environments)."""
import os
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.distributions import Categorical

torch.manual_seed(int(os.environ.get("SEED", 0)))


@dataclass
class A2CConfig:
    envs: int = 32
    horizon: int = 16
    gamma: float = 0.9
    updates: int = 250
    lr: float = 3e-3
    value_coef: float = 0.5
    entropy_coef: float = 0.02


class Corridor:
    """Position and goal in 0..10; reward 1 at the goal, which then moves, else -0.05."""

    def __init__(self, n):
        self.n = n
        self.pos = torch.randint(0, 11, (n,))
        self.goal = torch.randint(0, 11, (n,))

    def observe(self):
        return torch.stack([self.pos, self.goal, self.goal - self.pos], 1).float() / 10

    def step(self, action):
        self.pos = (self.pos + action * 2 - 1).clamp(0, 10)
        hit = self.pos == self.goal
        reward = torch.where(hit, 1.0, -0.05)
        self.pos = torch.where(hit, torch.randint(0, 11, (self.n,)), self.pos)
        self.goal = torch.where(hit, torch.randint(0, 11, (self.n,)), self.goal)
        return reward, hit


class ActorCritic(nn.Module):
    def __init__(self, obs=3, hidden=48, actions=2):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.policy_head = nn.Linear(hidden, actions)
        self.value_head = nn.Linear(hidden, 1)

    def forward(self, obs):
        h = self.body(obs)
        return Categorical(logits=self.policy_head(h)), self.value_head(h)


def discounted(rewards: Tensor, dones: Tensor, last: Tensor, gamma: float) -> Tensor:
    out, acc = [], last
    for r, d in zip(reversed(rewards), reversed(dones)):
        acc = r + gamma * acc * (1 - d.float())
        out.append(acc)
    return torch.stack(out[::-1])


def collect(env, net, cfg):
    obs, acts, rews, dones = [], [], [], []
    with torch.no_grad():
        for _ in range(cfg.horizon):
            o = env.observe()
            a = net(o)[0].sample()
            r, d = env.step(a)
            obs.append(o); acts.append(a); rews.append(r); dones.append(d)
        last = net(env.observe())[1].reshape(-1)
    returns = discounted(torch.stack(rews), torch.stack(dones), last, cfg.gamma)
    return torch.cat(obs), torch.cat(acts), returns.flatten(), torch.stack(rews).mean().item()


cfg = A2CConfig()
env, net = Corridor(cfg.envs), ActorCritic()
optimizer = torch.optim.Adam(net.parameters(), lr=cfg.lr)
for update in range(cfg.updates):
    obs, actions, returns, mean_reward = collect(env, net, cfg)
    dist, values = net(obs)
    advantage = returns - values
    policy_loss = -(advantage.detach() * dist.log_prob(actions)).mean()
    value_loss = advantage.square().mean()
    loss = policy_loss + cfg.value_coef * value_loss - cfg.entropy_coef * dist.entropy().mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
    if update % 50 == 49:
        print(f"update {update + 1}: reward {mean_reward:.3f} value loss {value_loss.item():.4f}")

# how much of the return of fresh episodes does the critic explain?
test_env = Corridor(400)
cfg.horizon = 40
obs, actions, returns, reward = collect(test_env, net, cfg)
with torch.no_grad():
    v = net(obs)[1].flatten()
    r2 = 1 - (returns - v).square().mean() / returns.var(unbiased=False)
print(f"mean reward {reward:.3f}")
print(f"FINAL value_r2={r2.item():.4f}")
