import os

import torch
import torch.nn as nn
from torch.distributions import Categorical

torch.manual_seed(int(os.environ.get("SEED", 0)))
ARMS, CONTEXT = 4, 6
secret = torch.randn(CONTEXT, ARMS)


def pull(ctx, arm):
    best = (ctx @ secret).argmax(1)
    p = torch.where(arm == best, 0.9, 0.2)
    return torch.bernoulli(p)


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.shared = nn.Sequential(nn.Linear(CONTEXT, 64), nn.Tanh())
        self.pi = nn.Linear(64, ARMS)
        self.v = nn.Linear(64, 1)

    def forward(self, x):
        h = self.shared(x)
        return Categorical(logits=self.pi(h)), self.v(h).squeeze(-1)


agent = ActorCritic()
opt = torch.optim.Adam(agent.parameters(), lr=3e-3, eps=1e-5)
for update in range(120):
    ctx = torch.randn(256, CONTEXT)
    with torch.no_grad():
        dist, value = agent(ctx)
        arm = dist.sample()
        old_logp = dist.log_prob(arm)
    reward = pull(ctx, arm)
    adv = reward - value
    adv = (adv - adv.mean()) / (adv.std() + 1e-8)
    for _ in range(4):
        for rows in torch.randperm(256).split(128):
            dist, v = agent(ctx[rows])
            ratio = (dist.log_prob(arm[rows]) - old_logp[rows]).exp()
            clipped = ratio.clamp(0.8, 1.2)
            policy_loss = -torch.min(ratio * adv[rows], clipped * adv[rows]).mean()
            value_loss = 0.5 * (v - reward[rows]).pow(2).mean()
            loss = policy_loss + 0.5 * value_loss - 0.01 * dist.entropy().mean()
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
            opt.step()
    if update % 20 == 0:
        print(f"update {update} reward {reward.mean().item():.3f} policy loss {policy_loss.item():.4f} value loss {value_loss.item():.4f}")

with torch.no_grad():
    ctx = torch.randn(4000, CONTEXT)
    mean = pull(ctx, agent(ctx)[0].probs.argmax(1)).mean().item()
print(f"FINAL reward={mean:.4f}")
