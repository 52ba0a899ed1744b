import os

import torch
from torch import nn
from torch.distributions import Categorical

torch.manual_seed(int(os.environ.get("SEED", 0)))


class KeyCorridor:
    """Fetch the key at the left end, then open the door at the right end; many copies at once."""

    def __init__(self, copies=32, length=7, horizon=30):
        self.n, self.length, self.horizon = copies, length, horizon

    def reset(self):
        self.pos = torch.randint(1, self.length - 1, (self.n,))
        self.key = torch.zeros(self.n, dtype=torch.bool)
        self.over = torch.zeros(self.n, dtype=torch.bool)
        return self.observe()

    def observe(self):
        return torch.cat([nn.functional.one_hot(self.pos, self.length).float(), self.key[:, None].float()], 1)

    def step(self, action):
        self.pos = (self.pos + 2 * action - 1).clamp(0, self.length - 1)
        got = (self.pos == 0) & ~self.key & ~self.over
        self.key |= got
        opened = (self.pos == self.length - 1) & self.key & ~self.over
        reward = (0.3 * got + 0.7 * opened - 0.005) * ~self.over
        self.over |= opened
        return self.observe(), reward, self.over.clone()


class ActorCritic(nn.Module):
    def __init__(self, n_obs, hidden=48):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(n_obs, hidden), nn.Tanh())
        self.policy = nn.Linear(hidden, 2)
        self.value = nn.Linear(hidden, 1)

    def forward(self, obs):
        h = self.trunk(obs)
        return Categorical(logits=self.policy(h)), self.value(h).squeeze(-1)


env = KeyCorridor()
net = ActorCritic(env.length + 1)
opt = torch.optim.Adam(net.parameters(), lr=4e-3)


def rollout(greedy=False):
    obs, done = env.reset(), torch.zeros(env.n, dtype=torch.bool)
    logs, values, rewards, ents, alive = [], [], [], [], []
    for _ in range(env.horizon):
        dist, v = net(obs)
        a = dist.probs.argmax(-1) if greedy else dist.sample()
        alive.append((~done).float())
        obs, r, done = env.step(a)
        logs.append(dist.log_prob(a))
        ents.append(dist.entropy())
        values.append(v)
        rewards.append(r)
    return [torch.stack(t) for t in (logs, values, rewards, ents, alive)]


for update in range(220):
    logs, values, rewards, ents, alive = rollout()
    ret, returns = torch.zeros(env.n), []
    for r in rewards.flip(0):
        ret = r + 0.97 * ret
        returns.append(ret)
    returns = torch.stack(returns[::-1])
    adv = (returns - values).detach()
    adv = (adv - adv.mean()) / (adv.std() + 1e-6)
    n = alive.sum()
    loss_pi = -(logs * adv * alive).sum() / n
    loss_v = ((returns - values) ** 2 * alive).sum() / n
    loss = loss_pi + 0.5 * loss_v - 0.01 * (ents * alive).sum() / n
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 0.5)
    opt.step()
    if update % 20 == 0:
        print(f"update {update} return {rewards.sum(0).mean().item():.3f} pi {loss_pi.item():+.4f} v {loss_v.item():.4f}")

with torch.no_grad():
    score = sum(rollout(greedy=True)[2].sum(0).mean().item() for _ in range(5)) / 5
print(f"FINAL return={score:.4f}")
