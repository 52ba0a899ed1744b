import os
from collections import deque

import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
rng = np.random.default_rng(SEED)
torch.manual_seed(SEED)

# contextual bandit: pick one of five adverts for a visitor, click or no click
ARMS, D, ROUNDS = 5, 10, 6000
world = np.random.default_rng(77)
W = world.normal(0, 1.0, (ARMS, D))


def click_rate(ctx):
    s = W @ ctx / np.sqrt(D) * 2.0 + 0.8 * np.cos(2 * ctx[:ARMS])
    return 1 / (1 + np.exp(-(s - 0.8)))


net = nn.Sequential(nn.Linear(D, 48), nn.ReLU(), nn.Linear(48, ARMS))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
bce = nn.BCEWithLogitsLoss()
memory = deque(maxlen=4000)
recent = deque(maxlen=1500)

for t in range(ROUNDS):
    ctx = world.normal(size=D)
    p = click_rate(ctx)
    eps = max(0.05, 1.0 - t / 2000)
    if rng.random() < eps:
        a = int(rng.integers(ARMS))
    else:
        with torch.no_grad():
            a = int(net(torch.as_tensor(ctx, dtype=torch.float32)).argmax())
    reward = float(rng.random() < p[a])
    memory.append((ctx.astype("float32"), a, reward))
    recent.append((p[a], p.max(), p.mean()))

    if t >= 64 and t % 3 == 0:
        pick = rng.integers(0, len(memory), 32)
        c = torch.from_numpy(np.stack([memory[i][0] for i in pick]))
        arm = torch.tensor([memory[i][1] for i in pick])
        r = torch.tensor([memory[i][2] for i in pick])
        logit = net(c).gather(1, arm[:, None]).squeeze(1)
        loss = bce(logit, r)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if t % 1000 == 999:
        got, best, blind = np.mean(recent, axis=0)
        print(f"round {t + 1}: click rate {got:.3f} (best {best:.3f}, blind {blind:.3f}), loss {loss.item():.3f}")

got, best, blind = np.mean(recent, axis=0)
print(f"FINAL share_of_best={(got - blind) / (best - blind):.4f}")
