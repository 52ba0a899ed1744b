"""DeepSurv-like model on simulated patients."""
import os

import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def patients(n):
    x = rng.standard_normal((n, 8))
    risk = 0.8 * x[:, 0] - 0.6 * x[:, 1] + 0.8 * x[:, 2] * x[:, 3] + 0.5 * np.abs(x[:, 4])
    life = rng.exponential(np.exp(-risk) * 10)
    censor = rng.exponential(12, size=n)
    time = np.minimum(life, censor)
    event = (life <= censor).astype("float32")
    order = np.argsort(-time)
    return (
        torch.tensor(x[order], dtype=torch.float32),
        torch.tensor(time[order], dtype=torch.float32),
        torch.tensor(event[order]),
    )


def cox_loss(score, event):
    # rows come in order of decreasing time: the risk set of row i is 0..i
    log_risk_set = torch.logcumsumexp(score, 0)
    return -((score - log_risk_set) * event).sum() / event.sum()


def c_index(score, time, event):
    earlier = (time[:, None] < time[None, :]) & (event[:, None] == 1)
    good = (score[:, None] > score[None, :]) & earlier
    return (good.sum() / earlier.sum()).item()


x, time, event = patients(2400)
xv, tv, ev = patients(600)
xt, tt, et = patients(1000)
net = nn.Sequential(
    nn.Linear(8, 48), nn.SiLU(), nn.Dropout(0.2), nn.Linear(48, 48), nn.SiLU(), nn.Dropout(0.2),
    nn.Linear(48, 1, bias=False),
)
opt = torch.optim.AdamW(net.parameters(), lr=5e-3, weight_decay=1e-2)
best, keep = -1.0, None
for epoch in range(400):
    net.train()
    opt.zero_grad()
    loss = cox_loss(net(x).squeeze(1), event)
    loss.backward()
    opt.step()
    if epoch % 10 == 9:
        net.eval()
        with torch.no_grad():
            c = c_index(net(xv).squeeze(1), tv, ev)
        if c > best:
            best, keep = c, {k: v.clone() for k, v in net.state_dict().items()}
        if epoch % 50 == 49:
            print(f"{epoch + 1} loss {loss.item():.3f} valid c {c:.3f}")
net.load_state_dict(keep)
net.eval()
with torch.no_grad():
    print(f"FINAL c_index={c_index(net(xt).squeeze(1), tt, et):.4f}")
