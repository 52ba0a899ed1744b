import os
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
SIZE = 14


def demonstrations(n):
    """a walker and a goal in a noisy room; the expert steps along the longer way"""
    me, goal = torch.randint(1, SIZE - 1, (n, 2)), torch.randint(1, SIZE - 1, (n, 2))
    obs = 0.15 * torch.randn(n, 2, SIZE, SIZE)
    k = torch.arange(n)
    for d in (-1, 0, 1):
        obs[k, 0, me[:, 0] + d, me[:, 1]] += 1
        obs[k, 0, me[:, 0], me[:, 1] + d] += 1
        obs[k, 1, goal[:, 0] + d, goal[:, 1]] += 1
        obs[k, 1, goal[:, 0], goal[:, 1] + d] += 1
    diff = goal - me
    vertical = diff[:, 0].abs() > diff[:, 1].abs()
    action = torch.where(vertical, (diff[:, 0] > 0).long(), 2 + (diff[:, 1] > 0).long())
    return obs, action


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(2, 16, 3, stride=2), nn.ReLU(), nn.Conv2d(16, 24, 3, stride=2), nn.ReLU())
        self.repr_dim = 24 * 2 * 2

    def forward(self, obs):
        return self.net(obs).flatten(1)


class Policy(nn.Module):
    def __init__(self, repr_dim, actions=4):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(repr_dim, 64), nn.LayerNorm(64), nn.Tanh())
        self.head = nn.Linear(64, actions)

    def forward(self, h):
        return self.head(self.trunk(h))


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.policy = Policy(self.encoder.repr_dim)
        self.encoder_opt = torch.optim.Adam(self.encoder.parameters(), lr=1e-3)
        self.policy_opt = torch.optim.Adam(self.policy.parameters(), lr=1e-3)

    def update(self, obs, action):
        h = self.encoder(obs)
        loss = nn.functional.cross_entropy(self.policy(h), action)
        self.encoder_opt.zero_grad(set_to_none=True)
        self.policy_opt.zero_grad(set_to_none=True)
        loss.backward()
        self.policy_opt.step()
        self.encoder_opt.step()
        return loss.item()

    def act(self, obs):
        with torch.no_grad():
            return self.policy(self.encoder(obs)).argmax(1)


obs, action = demonstrations(4000)
agent = Agent()
for step in range(1200):
    idx = torch.randint(0, len(obs), (64,))
    loss = agent.update(obs[idx], action[idx])
    if step % 200 == 0:
        print(f"step {step}: bc loss {loss:.4f}")

obs, action = demonstrations(1000)
print(f"FINAL accuracy={(agent.act(obs) == action).float().mean().item():.4f}")
