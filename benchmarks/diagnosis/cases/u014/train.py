import os

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED + 7)

# gene expression panel, proportional hazards with censoring
N, P = 520, 60
expr = rng.normal(size=(N, P))
beta = np.zeros(P)
beta[:8] = rng.choice([-1, 1], 8) * rng.uniform(0.3, 0.6, 8)
event_time = rng.exponential(np.exp(-expr @ beta))
censor_time = rng.exponential(2.0, N)
time = torch.tensor(np.minimum(event_time, censor_time), dtype=torch.float32)
event = torch.tensor(event_time <= censor_time)
x = torch.tensor(expr, dtype=torch.float32)
n_train = 160
order = torch.argsort(time[:n_train], descending=True)
x_train, e_train, t_train = x[:n_train][order], event[:n_train][order], time[:n_train][order]
x_val, e_val, t_val = x[n_train:], event[n_train:], time[n_train:]
order = torch.argsort(t_val, descending=True)
x_val, e_val, t_val = x_val[order], e_val[order], t_val[order]


def cox_loss(risk, events):
    """Negative partial log likelihood; rows sorted by falling time."""
    return -((risk - torch.logcumsumexp(risk, 0)) * events).sum() / events.sum()


def concordance(risk, t, e):
    usable = (t[:, None] < t[None, :]) & e[:, None]
    higher = (risk[:, None] > risk[None, :]).float() + 0.5 * (risk[:, None] == risk[None, :])
    return (higher[usable].sum() / usable.sum()).item()


class DeepSurv(nn.Module):
    def __init__(self, n_in, widths=(256, 256)):
        super().__init__()
        layers = []
        for w in widths:
            layers += [nn.Linear(n_in, w), nn.SELU()]
            n_in = w
        self.trunk = nn.Sequential(*layers)
        self.risk = nn.Linear(n_in, 1, bias=False)

    def forward(self, x):
        return self.risk(self.trunk(x)).squeeze(1)


model = DeepSurv(P)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.0)

for epoch in range(400):
    model.train()
    optimizer.zero_grad()
    loss = cox_loss(model(x_train), e_train)
    loss.backward()
    optimizer.step()
    if epoch % 25 == 0:
        model.eval()
        with torch.no_grad():
            val_loss = cox_loss(model(x_val), e_val)
        print(f"epoch {epoch:3d} train {loss.item():.3f} val {val_loss.item():.3f}")

model.eval()
with torch.no_grad():
    c = concordance(model(x_val), t_val, e_val)
print(f"FINAL c_index={c:.4f}")
