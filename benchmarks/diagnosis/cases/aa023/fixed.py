import os
import numpy as np
import torch
import torch.nn as nn
from torch.distributions import Categorical

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


class GridFleet:
    """32 independent 5x5 grids; walk to the corner marked by the goal flag."""

    MOVES = torch.tensor([[-1, 0], [1, 0], [0, -1], [0, 1]])

    def __init__(self, n=32, size=5, horizon=12):
        self.n, self.size, self.horizon = n, size, horizon

    def reset(self):
        self.pos = torch.randint(1, self.size - 1, (self.n, 2))
        self.goal = torch.randint(0, 2, (self.n, 2)) * (self.size - 1)
        return self.observe()

    def observe(self):
        return torch.cat([self.pos / 2 - 1, self.goal / 2 - 1], 1).float()

    def step(self, action):
        self.pos = (self.pos + self.MOVES[action]).clamp(0, self.size - 1)
        after = (self.pos - self.goal).abs().sum(1)
        reward = (after == 0).float() - 0.02
        return self.observe(), reward


class ActorCritic(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.shared = nn.Sequential(nn.Linear(4, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.policy = nn.Linear(hidden, 4)
        self.value = nn.Linear(hidden, 1)

    def forward(self, obs):
        h = self.shared(obs)
        return Categorical(logits=self.policy(h)), self.value(h)

    @torch.no_grad()
    def act(self, obs):
        return self(obs)[0].sample()

    def evaluate(self, obs, action=None):
        dist, value = self(obs)
        if action is None:
            action = dist.sample()
        return dist.log_prob(action), value, dist.entropy()


def rollout(env, net):
    obs, logp, values, rewards, entropy = env.reset(), [], [], [], []
    for _ in range(env.horizon):
        action = net.act(obs)
        lp, value, ent = net.evaluate(obs, action)
        obs, reward = env.step(action)
        logp.append(lp)
        values.append(value)
        rewards.append(reward)
        entropy.append(ent)
    return torch.cat(logp), torch.cat(values).squeeze(1), torch.stack(rewards), torch.cat(entropy)


def discounted(rewards, gamma):
    out, run = torch.zeros_like(rewards), torch.zeros(rewards.size(1))
    for k in reversed(range(len(rewards))):
        run = rewards[k] + gamma * run
        out[k] = run
    return out


env, net = GridFleet(), ActorCritic()
optimizer = torch.optim.Adam(net.parameters(), lr=4e-3)
history = []
for update in range(150):
    logp, values, rewards, entropy = rollout(env, net)
    returns = discounted(rewards, 0.9).flatten()
    advantage = returns - values
    actor = -(logp * advantage.detach()).mean()
    critic = advantage.pow(2).mean()
    loss = actor + 0.5 * critic - 0.01 * entropy.mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 0.5)
    optimizer.step()
    history.append(rewards.sum(0).mean().item())
    if update % 25 == 0:
        print(f"update {update:3d} return {np.mean(history[-25:]):.3f} critic {critic.item():.3f}")

with torch.no_grad():
    scores = [rollout(env, net)[2].sum(0).mean().item() for _ in range(10)]
print(f"FINAL return={np.mean(scores):.4f}")
