import os
import numpy as np
import torch
from torch import nn

seed = int(os.environ.get("SEED", 0))
rng = np.random.default_rng(seed)
torch.manual_seed(seed)


def patients(n, p=8):
    x = rng.normal(size=(n, p))
    log_hazard = 0.9 * x[:, 0] - 0.7 * x[:, 1] + 0.8 * x[:, 2] * x[:, 3] - 0.5 * np.abs(x[:, 4])
    death = rng.exponential(size=n) / np.exp(log_hazard)
    censor = rng.exponential(3.0, size=n)
    time = np.minimum(death, censor)
    as_t = lambda a: torch.tensor(a, dtype=torch.float32)
    return as_t(x), as_t(time), as_t(death <= censor)


def concordance(risk, time, event):
    earlier = (time[:, None] < time[None, :]) & (event[:, None] > 0)
    better = (risk[:, None] > risk[None, :]).float() + 0.5 * (risk[:, None] == risk[None, :]).float()
    return (better * earlier).sum().item() / earlier.sum().item()


class WeibullNet(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(p, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh())
        self.rate = nn.Linear(48, 1)
        self.log_shape = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return self.rate(self.body(x)), self.log_shape.exp()


def censored_nll(log_rate, shape, time, event):
    log_t = torch.log(time.clamp(min=1e-4))
    log_h = shape.log() + log_rate + (shape - 1) * log_t
    cumulative = torch.exp(log_rate + shape * log_t)
    return -(event * log_h - cumulative).mean()


x, time, event = patients(1600)
xv, tv, ev = patients(400)
net = WeibullNet(x.shape[1])
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 12, 0.5)

for epoch in range(24):
    losses = []
    for rows in torch.randperm(len(x)).split(64):
        log_rate, shape = net(x[rows])
        loss = censored_nll(log_rate, shape, time[rows], event[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    scheduler.step()
    if epoch % 4 == 0:
        print(f"epoch {epoch}: nll {np.mean(losses):.4f} shape {net.log_shape.exp().item():.3f}")

with torch.no_grad():
    risk = net(xv)[0].view(-1)
print(f"FINAL c_index={concordance(risk, tv, ev):.4f}")
