import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.distributions import Categorical

torch.manual_seed(int(os.environ.get("SEED", 0)))

# contextual bandit: which of six adverts suits a visitor?
D, ARMS = 8, 6
taste = torch.randn(D, ARMS, generator=torch.Generator().manual_seed(2))


def visitors(n):
    return torch.randn(n, D)


def click(x, arm):
    u = (x @ taste)
    best = (u - u.mean(1, keepdim=True)) / u.std(1, keepdim=True)
    p = torch.sigmoid(2.5 * best.gather(1, arm[:, None]).squeeze(1) - 1.5)
    return torch.bernoulli(p), u.argmax(1)


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(D, 48), nn.ReLU(), nn.Linear(48, ARMS))

    def forward(self, x):
        return Categorical(logits=self.body(x))


class Learner:
    def __init__(self, policy, batch=128):
        self.policy, self.batch = policy, batch
        self.opt = torch.optim.Adam(policy.parameters(), lr=3e-3)
        self.baseline = 0.3
        self.memory = []

    def act(self, x):
        with torch.no_grad():
            return self.policy(x).sample()

    def collect(self):
        x = visitors(self.batch)
        a = self.act(x)
        r, _ = click(x, a)
        self.memory.append((x, a, r))

    def learn(self):
        x, a, r = self.memory.pop()
        dist = self.policy(x)
        log_prob = dist.log_prob(a)
        advantage = r - self.baseline
        loss = -(log_prob * advantage).mean() - 0.01 * dist.entropy().mean()
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        self.baseline += 0.05 * (r.mean().item() - self.baseline)
        return loss.item(), r.mean().item()


learner = Learner(Policy())
for it in range(1, 1201):
    learner.collect()
    loss, rate = learner.learn()
    if it % 200 == 0:
        print(f"iteration {it} loss {loss:+.4f} click rate {rate:.3f}")

x = visitors(4000)
with torch.no_grad():
    arm = learner.policy(x).probs.argmax(1)
_, best = click(x, arm)
print(f"FINAL accuracy={(arm == best).float().mean().item():.4f}")
