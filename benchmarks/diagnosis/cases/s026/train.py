import os
from functools import partial

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)


def pilot(s):
    """0 nothing, 1 main engine, 2 left jet, 3 right jet."""
    x, y, vx, vy, angle, spin = s.T
    want = -0.5 * x - 0.8 * vx
    turn = want - angle - 0.4 * spin
    act = np.zeros(len(s), dtype=np.int64)
    act[turn > 0.5] = 3
    act[turn < -0.5] = 2
    act[(vy < -0.4 - 0.3 * y) & (np.abs(turn) < 1.0)] = 1
    return act


def init_weights(m, gain):
    if isinstance(m, nn.Linear):
        nn.init.orthogonal_(m.weight, gain=gain)
        nn.init.zeros_(m.bias)


class Policy(nn.Module):
    def __init__(self, obs_dim=6, n_actions=4, hidden=64):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(obs_dim, hidden), nn.Tanh(),
            nn.Linear(hidden, hidden), nn.Tanh(),
        )
        self.head = nn.Linear(hidden, n_actions)
        self.apply(partial(init_weights, gain=0.01))

    def forward(self, obs):
        return self.head(self.body(obs))


states = rng.normal(size=(5000, 6))
actions = pilot(states)
S, A = torch.tensor(states, dtype=torch.float32), torch.tensor(actions)
loader = DataLoader(TensorDataset(S[:4000], A[:4000]), batch_size=64, shuffle=True)
policy = Policy()
optimizer = torch.optim.SGD(policy.parameters(), lr=0.02, momentum=0.9)
for epoch in range(12):
    total = 0
    for obs, act in loader:
        loss = nn.functional.cross_entropy(policy(obs), act)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    if epoch % 3 == 0:
        print(f"epoch {epoch}: imitation loss {total / len(loader):.4f}")

with torch.no_grad():
    same = (policy(S[4000:]).argmax(1) == A[4000:]).float().mean().item()
print(f"FINAL accuracy={same:.4f}")
