import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
ENVS, HORIZON = 32, 16


def observe(hunger, danger):
    return torch.stack([hunger * 2 - 1, danger * 2 - 1], 1)


def act(hunger, danger, action):
    """0 hide, 1 eat. Eating pays hunger minus 1.2 danger; hiding costs a little hunger."""
    reward = torch.where(action == 1, hunger - 1.2 * danger, -0.2 * hunger)
    hunger = torch.where(action == 1, hunger * 0.3, (hunger + 0.15).clamp(max=1))
    danger = (0.8 * danger + 0.2 * torch.rand_like(danger) + 0.25 * (torch.rand_like(danger) < 0.1)).clamp(0, 1)
    danger = torch.where(torch.rand_like(danger) < 0.2, torch.rand_like(danger), danger)
    return reward, hunger, danger


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh())
        self.pi, self.v = nn.Linear(64, 2), nn.Linear(64, 1)

    def forward(self, obs):
        h = self.body(obs)
        return self.pi(h), self.v(h).squeeze(-1)


def rollout(policy, steps=200):
    hunger, danger, total = torch.rand(64), torch.rand(64), 0.0
    for _ in range(steps):
        reward, hunger, danger = act(hunger, danger, policy(hunger, danger))
        total += reward.mean().item()
    return total / steps


net = ActorCritic()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
hunger, danger = torch.rand(ENVS), torch.rand(ENVS)
for update in range(350):
    logps, values, rewards, entropies = [], [], [], []
    for _ in range(HORIZON):
        logits, value = net(observe(hunger, danger))
        dist = torch.distributions.Categorical(logits=logits)
        a = dist.sample()
        r, hunger, danger = act(hunger, danger, a)
        logps.append(dist.log_prob(a))
        entropies.append(dist.entropy())
        values.append(value)
        rewards.append(r)
    with torch.no_grad():
        g = net(observe(hunger, danger))[1]
    returns = []
    for r in reversed(rewards):
        g = r + 0.9 * g
        returns.append(g)
    returns = torch.stack(returns[::-1])
    values, logps = torch.stack(values), torch.stack(logps)
    adv = (returns - values).detach()
    loss = -(logps * adv).mean() + 0.5 * F.mse_loss(values, returns) - 0.005 * torch.stack(entropies).mean()
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 0.5)
    opt.step()
    if update % 50 == 0:
        print(f"update {update} loss {loss.item():+.4f} reward {torch.stack(rewards).mean().item():+.4f}")

with torch.no_grad():
    ours = rollout(lambda h, d: net(observe(h, d))[0].argmax(1))
    rule = rollout(lambda h, d: (h - 1.2 * d > 0).long())
    idle = rollout(lambda h, d: torch.randint(0, 2, h.shape))
print(f"ours {ours:.4f} rule {rule:.4f} random {idle:.4f}")
print(f"FINAL score={(ours - idle) / (rule - idle):.4f}")
