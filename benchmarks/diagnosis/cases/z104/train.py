import os
import numpy as np
import torch
import torch.nn as nn
from torch.distributions import Categorical

SEED = int(os.environ.get('SEED', 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

SIZE = 5          # grid, agent has to reach the goal cell
MAX_T = 20
MOVES = np.array([[0, 1], [0, -1], [1, 0], [-1, 0]])


class Grid:
    def reset(self):
        self.pos = np.random.randint(0, SIZE, 2)
        self.goal = np.random.randint(0, SIZE, 2)
        while (self.pos == self.goal).all():
            self.goal = np.random.randint(0, SIZE, 2)
        self.t = 0
        return self.obs()

    def obs(self):
        # one hot of both positions
        o = np.zeros(4 * SIZE, dtype=np.float32)
        for k, v in enumerate([*self.pos, *self.goal]):
            o[k * SIZE + v] = 1
        return o

    def step(self, a):
        self.pos = np.clip(self.pos + MOVES[a], 0, SIZE - 1)
        self.t += 1
        done = bool((self.pos == self.goal).all())
        return self.obs(), (1.0 if done else -0.05), done or self.t >= MAX_T


policy = nn.Sequential(nn.Linear(4 * SIZE, 64), nn.ReLU(), nn.Linear(64, 4))
value = nn.Sequential(nn.Linear(4 * SIZE, 64), nn.ReLU(), nn.Linear(64, 1))
pi_opt = torch.optim.Adam(policy.parameters(), lr=5e-3)
v_opt = torch.optim.Adam(value.parameters(), lr=5e-3)
env = Grid()


def episode(greedy=False):
    o, done = env.reset(), False
    obs, acts, rews = [], [], []
    while not done:
        with torch.no_grad():
            logits = policy(torch.from_numpy(o))
        a = logits.argmax().item() if greedy else Categorical(logits=logits).sample().item()
        obs.append(o)
        o, r, done = env.step(a)
        acts.append(a)
        rews.append(r)
    return obs, acts, rews


for it in range(160):
    O, A, R = [], [], []
    rets = []
    for _ in range(16):
        obs, acts, rews = episode()
        g, out = 0.0, []
        for r in reversed(rews):
            g = r + 0.97 * g
            out.insert(0, g)
        O += obs; A += acts; R += out
        rets.append(sum(rews))
    O = torch.from_numpy(np.stack(O)); A = torch.tensor(A); R = torch.tensor(R)
    v = value(O).squeeze(-1)
    adv = R - v.detach()
    dist = Categorical(logits=policy(O))
    pi_loss = -(dist.log_prob(A) * adv).mean() - 0.01 * dist.entropy().mean()
    v_loss = (v - R).pow(2).mean()
    pi_opt.zero_grad(); pi_loss.backward(); pi_opt.step()
    v_opt.zero_grad(); v_loss.backward(); v_opt.step()
    if it % 20 == 0:
        print(f'iter {it} return {np.mean(rets):.3f} pi_loss {pi_loss.item():.4f} v_loss {v_loss.item():.4f}')

score = np.mean([sum(episode(greedy=True)[2]) for _ in range(200)])
print(f'FINAL return={score:.4f}')
