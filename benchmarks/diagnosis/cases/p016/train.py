import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def mlp(sizes, act=nn.ReLU):
    layers = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        layers += [nn.Linear(a, b), act()]
    return nn.Sequential(*layers)


class WorldModel(nn.Module):
    """An ensemble of networks that predict the change of state and a shared one for the reward."""

    def __init__(self, n_state, n_action, members=3, hidden=48):
        super().__init__()
        self.members = nn.ModuleList(mlp([n_state + n_action, hidden, hidden, n_state]) for _ in range(members))
        self.reward = nn.Linear(n_state + n_action, 1)

    def forward(self, s, a):
        z = torch.cat([s, a], -1)
        return torch.stack([m(z) for m in self.members]), self.reward(z)


def simulate(n):
    s = rng.normal(size=(n, 4))
    a = rng.uniform(-1, 1, (n, 2))
    drift = np.stack([s[:, 1], -np.sin(s[:, 0]) + a[:, 0], s[:, 3], -0.5 * s[:, 2] * s[:, 0] + a[:, 1]], 1)
    nxt = s + 0.3 * drift + 0.02 * rng.normal(size=s.shape)
    rew = s[:, :1] - 0.2 * a[:, :1]
    return [torch.tensor(v, dtype=torch.float32) for v in (s, a, nxt, rew)]


s, a, nxt, rew = simulate(1500)
delta_mean, delta_std = (nxt - s).mean(0), (nxt - s).std(0)
target = (nxt - s - delta_mean) / delta_std

model = WorldModel(4, 2)
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-4)
for epoch in range(20):
    for idx in torch.randperm(len(s)).split(50):
        deltas, r = model(s[idx], a[idx])
        loss_dyn = (deltas - target[idx]).pow(2).mean()
        loss_rew = (r - rew[idx]).abs().mean()
        loss = loss_dyn + 0.5 * loss_rew
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 4 == 0:
        print(f"epoch {epoch}: dynamics {loss_dyn.item():.4f} reward {loss_rew.item():.4f}")

ts, ta, tn, _ = simulate(400)
with torch.no_grad():
    guess = model(ts, ta)[0].mean(0) * delta_std + delta_mean
truth = tn - ts
print(f"FINAL r2={1 - ((guess - truth) ** 2).sum().item() / ((truth - truth.mean(0)) ** 2).sum().item():.4f}")
