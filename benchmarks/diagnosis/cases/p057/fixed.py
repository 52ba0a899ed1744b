import os

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(40 + SEED)

# patients: vitals -> diagnosis group (3), recovery score, length of stay in minutes
n = 2400
v = rng.normal(size=(n, 14)).astype("float32")
s = np.stack([np.tanh(v[:, 0] * v[:, 1]) + v[:, 2], np.sin(2 * v[:, 3]) + 0.6 * v[:, 4], v[:, 5] * v[:, 6] * 0.8], 1)
group = (s + rng.gumbel(0, 0.15, s.shape)).argmax(1)
score = np.abs(v[:, 7]) - 0.5 * v[:, 8] + 0.3 * v[:, 0] * v[:, 2] + rng.normal(0, 0.1, n)
minutes = 4300 + 1100 * v[:, 9] + 700 * np.abs(v[:, 10]) + 300 * rng.normal(size=n)

score = (score - score.mean()) / score.std()
minutes = (minutes - minutes[:1900].mean()) / minutes[:1900].std()
cols = (torch.from_numpy(v), torch.from_numpy(group), torch.tensor(score, dtype=torch.float32),
        torch.tensor(minutes, dtype=torch.float32))
train = TensorDataset(*(c[:1900] for c in cols))
test = tuple(c[1900:] for c in cols)


class MultiTask(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(14, 96), nn.ReLU(), nn.Linear(96, 64), nn.ReLU())
        self.heads = nn.ModuleDict({"group": nn.Linear(64, 3), "score": nn.Linear(64, 1), "stay": nn.Linear(64, 1)})

    def forward(self, x):
        h = self.trunk(x)
        return {k: head(h) for k, head in self.heads.items()}


def task_losses(out, group, score, stay):
    return {
        "group": F.cross_entropy(out["group"], group),
        "score": F.mse_loss(out["score"][:, 0], score),
        "stay": F.mse_loss(out["stay"][:, 0], stay),
    }


model = MultiTask()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(20):
    meters = {"group": 0.0, "score": 0.0, "stay": 0.0}
    for x, *targets in DataLoader(train, batch_size=50, shuffle=True):
        parts = task_losses(model(x), *targets)
        opt.zero_grad()
        sum(parts.values()).backward()
        opt.step()
        for k, p in parts.items():
            meters[k] += p.item() / 38
    if epoch % 5 == 4:
        print(epoch + 1, {k: round(m, 3) for k, m in meters.items()})

with torch.no_grad():
    out = model(test[0])
    acc = (out["group"].argmax(1) == test[1]).float().mean().item()
    r2 = 1 - F.mse_loss(out["score"][:, 0], test[2]).item() / test[2].var().item()
print(f"recovery score r2 {r2:.3f}")
print(f"FINAL accuracy={acc:.4f}")
