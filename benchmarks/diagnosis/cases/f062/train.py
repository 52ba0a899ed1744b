"""Clone an expert that keeps a cart in the middle of its rail."""
import os
import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def expert(state):
    x, v, target = state
    return np.clip(1.8 * (target - x) - 1.4 * v, -2, 2)


def demonstrations(n_runs, length=50):
    states, actions = [], []
    for _ in range(n_runs):
        x, v, target = rng.normal(0, 0.8), rng.normal(0, 0.5), rng.normal(0, 0.6)
        for _ in range(length):
            a = expert((x, v, target))
            states.append((x, v, target))
            actions.append(a)
            v += 0.1 * a + rng.normal(0, 0.05)
            x += 0.1 * v
            if rng.random() < 0.1:
                target = rng.normal(0, 0.6)
    states = np.array(states) * 1000.0          # the encoder counts millimetres
    return torch.tensor(states, dtype=torch.float32), torch.tensor(actions, dtype=torch.float32)[:, None]


class Cloner(nn.Module):
    def __init__(self):
        super().__init__()
        self.policy = nn.Sequential(nn.Linear(3, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))

    def forward(self, s):
        return self.policy(s)


s, a = demonstrations(80)
s_test, a_test = demonstrations(20)
cloner = Cloner()
optimizer = torch.optim.Adam(cloner.parameters(), lr=1e-3)
for epoch in range(12):
    for rows in torch.randperm(len(s)).split(64):
        loss = nn.functional.mse_loss(cloner(s[rows]), a[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch}: imitation error {loss.item():.4f}")

with torch.no_grad():
    r2 = 1 - (cloner(s_test) - a_test).pow(2).mean() / a_test.var()
print(f"FINAL r2={r2.item():.4f}")
