import os

import numpy as np
import torch
import torch.nn as nn
from torch.distributions import Categorical

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)
SIZE, N_ENV, HORIZON = 5, 16, 20


class Rooms:
    """Vectorised 5 x 5 grid: fetch the coin, then walk to the door."""

    def __init__(self, n):
        self.n = n
        self.reset(np.ones(n, bool))

    def reset(self, which):
        if not hasattr(self, "pos"):
            self.pos, self.coin, self.door = (np.zeros((self.n, 2), int) for _ in range(3))
            self.has, self.t = np.zeros(self.n, bool), np.zeros(self.n, int)
        for i in np.flatnonzero(which):
            cells = rng.choice(SIZE * SIZE, 3, replace=False)
            self.pos[i], self.coin[i], self.door[i] = (divmod(c, SIZE) for c in cells)
            self.has[i], self.t[i] = False, 0

    def obs(self):
        goal = np.where(self.has[:, None], self.door, self.coin)
        o = np.concatenate([self.pos / 2 - 1, (goal - self.pos) / 2, self.has[:, None] * 2 - 1], 1)
        return torch.tensor(o, dtype=torch.float32)

    def step(self, a):
        move = np.array([[0, 1], [0, -1], [1, 0], [-1, 0]])[a]
        self.pos = np.clip(self.pos + move, 0, SIZE - 1)
        self.t += 1
        reward = np.full(self.n, -0.02)
        got = ~self.has & (self.pos == self.coin).all(1)
        out = self.has & (self.pos == self.door).all(1)
        reward[got] += 0.5
        reward[out] += 1.0
        self.has |= got
        over = out | (self.t >= 30)
        self.reset(over)
        return reward, over, out


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.actor = nn.Sequential(nn.Linear(5, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 4))
        self.critic = nn.Sequential(nn.Linear(5, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 1))
        nn.init.orthogonal_(self.actor[-1].weight, 0.01)


env, agent = Rooms(N_ENV), Agent()
opt = torch.optim.Adam(agent.parameters(), lr=2.5e-3, eps=1e-5)
wins, ends = [], []
for update in range(70):
    S, A, LP, R, D, V = [], [], [], [], [], []
    for _ in range(HORIZON):
        s = env.obs()
        with torch.no_grad():
            dist = Categorical(logits=agent.actor(s))
            a = dist.sample()
            V.append(agent.critic(s).squeeze(1))
            LP.append(dist.log_prob(a))
        r, over, out = env.step(a.numpy())
        S.append(s), A.append(a)
        R.append(torch.tensor(r, dtype=torch.float32))
        D.append(torch.tensor(over, dtype=torch.float32))
        wins.append(out.sum()), ends.append(over.sum())
    with torch.no_grad():
        nxt, adv, run = agent.critic(env.obs()).squeeze(1), [], 0.0
        for t in reversed(range(HORIZON)):
            delta = R[t] + 0.97 * nxt * (1 - D[t]) - V[t]
            run = delta + 0.97 * 0.95 * (1 - D[t]) * run
            adv.insert(0, run)
            nxt = V[t]
    S, A, LP, V, adv = torch.cat(S), torch.cat(A), torch.cat(LP), torch.cat(V), torch.cat(adv)
    ret = adv + V
    for _ in range(4):
        for idx in torch.randperm(len(S)).split(160):
            dist = Categorical(logits=agent.actor(S[idx]))
            ratio = (dist.log_prob(A[idx]) - LP[idx]).exp()
            z = (adv[idx] - adv[idx].mean()) / (adv[idx].std() + 1e-8)
            policy = -torch.min(ratio * z, ratio.clamp(0.8, 1.2) * z).mean()
            value = 0.5 * (agent.critic(S[idx]).squeeze(1) - ret[idx]).pow(2).mean()
            loss = policy + 0.5 * value - 0.005 * dist.entropy().mean()
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
            opt.step()
    if update % 10 == 9:
        print(f"update {update + 1} loss {loss.item():.4f} win rate {sum(wins[-200:]) / max(1, sum(ends[-200:])):.3f}")

test = Rooms(200)
done, won = np.zeros(200, bool), np.zeros(200, bool)
for _ in range(30):
    with torch.no_grad():
        a = Categorical(logits=agent.actor(test.obs())).sample().numpy()
    _, over, out = test.step(a)
    won |= out & ~done
    done |= over
print(f"FINAL accuracy={won.mean():.4f}")
