import copy
import os
import random
import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
for f in (torch.manual_seed, np.random.seed, random.seed):
    f(seed)


def step(pos, goal, a):
    pos = np.clip(pos + np.array([(0, 1), (0, -1), (1, 0), (-1, 0)])[a], 0, 5)
    hit = (pos == goal).all(1)
    return pos, np.where(hit, 1.0, -0.02).astype(np.float32), hit


def encode(pos, goal):
    return torch.tensor(np.concatenate([pos, goal], 1) / 2.5 - 1, dtype=torch.float32)


class Dueling(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.value = nn.Linear(64, 1)
        self.advantage = nn.Linear(64, 4)

    def forward(self, x):
        h = self.trunk(x)
        a = self.advantage(h)
        return self.value(h) + a - a.mean(1, keepdim=True)


online = Dueling()
target = copy.deepcopy(online).requires_grad_(False).eval()
opt = torch.optim.Adam(online.parameters(), lr=1e-3)
buf = {k: [] for k in "sarnd"}
n_env, gamma = 16, 0.95
pos, goal = np.random.randint(0, 6, (n_env, 2)), np.random.randint(0, 6, (n_env, 2))
age = np.zeros(n_env, int)

for t in range(1, 901):
    eps = max(0.1, 1 - t / 450)
    s = encode(pos, goal)
    with torch.no_grad():
        a = online(s).argmax(1).numpy()
    explore = np.random.rand(n_env) < eps
    a[explore] = np.random.randint(0, 4, explore.sum())
    new, r, hit = step(pos, goal, a)
    for k, v in zip("sarnd", (s, torch.tensor(a), torch.tensor(r), encode(new, goal), torch.tensor(hit).float())):
        buf[k] = (buf[k] + [v])[-600:]
    age += 1
    reset = hit | (age > 24)
    new[reset], goal[reset], age[reset] = np.random.randint(0, 6, (reset.sum(), 2)), np.random.randint(0, 6, (reset.sum(), 2)), 0
    pos = new
    if t > 30:
        if t % 4 == 0 or "mem" not in globals():
            mem = {k: torch.cat(v) for k, v in buf.items()}
        for _ in range(2):
            i = torch.randint(len(mem["r"]), (64,))
            q = online(mem["s"][i]).gather(1, mem["a"][i, None]).squeeze(1)
            best = online(mem["n"][i]).argmax(1, keepdim=True)
            y = mem["r"][i] + gamma * (1 - mem["d"][i]) * target(mem["n"][i]).gather(1, best).squeeze(1)
            loss = nn.functional.smooth_l1_loss(q, y.detach())
            opt.zero_grad()
            loss.backward()
            opt.step()
        with torch.no_grad():       # soft update
            for p, q_ in zip(target.parameters(), online.parameters()):
                p.lerp_(q_, 0.01)
    if t % 150 == 0:
        print(f"t {t} eps {eps:.2f} loss {loss.item():.5f}")

pos, goal = np.random.randint(0, 6, (400, 2)), np.random.randint(0, 6, (400, 2))
won = np.zeros(400, bool)
for _ in range(12):
    with torch.no_grad():
        a = online(encode(pos, goal)).argmax(1).numpy()
    pos, _, hit = step(pos, goal, a)
    pos[won] = goal[won]
    won |= hit
print(f"FINAL success={won.mean():.4f}")
