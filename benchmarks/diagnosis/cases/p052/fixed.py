import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
g = np.random.default_rng(int(os.environ.get("SEED", 0)) + 5)


def oscillations(n, length=40):
    period = g.uniform(5, 20, n)
    phase = g.uniform(0, 2 * np.pi, n)
    amp = g.uniform(0.5, 3.0, n)
    level = g.normal(0, 4, n)
    t = np.arange(length)
    s = level[:, None] + amp[:, None] * np.sin(2 * np.pi * t / period[:, None] + phase[:, None])
    s += g.normal(0, 0.05, s.shape) * amp[:, None]
    return torch.tensor(s, dtype=torch.float32).unsqueeze(-1), torch.tensor(np.log(period), dtype=torch.float32)


def standardise(series):
    # level and amplitude differ from device to device
    return F.layer_norm(series, series.shape[1:])


class PeriodEstimator(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.rnn = nn.GRU(1, hidden, batch_first=True)
        self.out = nn.Sequential(nn.Linear(hidden, 32), nn.SiLU(), nn.Linear(32, 1))

    def forward(self, series):
        states, _ = self.rnn(standardise(series))
        return self.out(states.mean(1)).squeeze(-1)


x, y = oscillations(1600)
mu, sd = y[:1200].mean(), y[:1200].std()
xt, yt = x[1200:], y[1200:]
x, y = x[:1200], (y[:1200] - mu) / sd

model = PeriodEstimator()
opt = torch.optim.RMSprop(model.parameters(), lr=2e-3)
for epoch in range(8):
    history = []
    for idx in torch.randperm(len(x)).split(40):
        loss = F.smooth_l1_loss(model(x[idx]), y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        history.append(loss.item())
    print("epoch", epoch, "huber", round(float(np.mean(history)), 4))

with torch.no_grad():
    guess = model(xt) * sd + mu
    r2 = 1 - ((guess - yt) ** 2).sum() / ((yt - yt.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
