import os
import numpy as np
import torch
from torch import nn

rs = np.random.RandomState(int(os.environ.get("SEED", 0)))
torch.manual_seed(int(os.environ.get("SEED", 0)))


class CoxPHLoss(nn.Module):
    """Negative log partial likelihood (Breslow) of one batch."""

    def __init__(self, descending: bool = False):
        super().__init__()
        self.descending = descending

    def forward(self, log_hazard, duration, event):
        order = torch.argsort(duration, descending=self.descending)
        risk, event = log_hazard[order], event[order]
        log_cum = torch.logcumsumexp(risk, dim=0)
        return -((risk - log_cum) * event).sum() / event.sum().clamp(min=1)


def cohort(n):
    age = rs.normal(60, 12, n)
    marker = rs.lognormal(0.5, 0.6, n)
    stage = rs.randint(1, 5, n)
    treated = rs.rand(n) < 0.5
    z = 0.04 * (age - 60) + 0.5 * (stage - 2.5) + 0.6 * np.log(marker) ** 2 - 0.8 * treated * (stage > 2)
    t = rs.exponential(10 * np.exp(-z))
    c = rs.exponential(20, n)
    x = np.c_[(age - 60) / 12, np.log(marker) - 0.5, np.eye(4)[stage - 1], treated]
    return [torch.tensor(a, dtype=torch.float32) for a in (x, np.minimum(t, c), t <= c)]


def concordance(score, t, e):
    comparable = (t[:, None] < t[None]) & (e[:, None] > 0)
    good = score[:, None] > score[None]
    return (good & comparable).sum().item() / comparable.sum().item()


class DeepSurv(nn.Module):
    def __init__(self, n_in, hidden=(32, 16)):
        super().__init__()
        layers, d = [], n_in
        for h in hidden:
            layers += [nn.Linear(d, h), nn.SELU(), nn.AlphaDropout(0.05)]
            d = h
        self.net = nn.Sequential(*layers)
        self.risk = nn.Linear(d, 1, bias=False)
        for m in self.net:
            if isinstance(m, nn.Linear):
                nn.init.kaiming_normal_(m.weight, nonlinearity="linear")
                nn.init.zeros_(m.bias)

    def forward(self, x):
        return self.risk(self.net(x)).squeeze(-1)


x, t, e = cohort(1600)
xv, tv, ev = cohort(500)
model = DeepSurv(x.shape[1])
criterion = CoxPHLoss()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-2)
for epoch in range(40):
    model.train()
    tot, batches = 0.0, torch.randperm(len(x)).split(160)
    for b in batches:
        loss = criterion(model(x[b]), t[b], e[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item()
    if (epoch + 1) % 10 == 0:
        print(f"epoch {epoch + 1:2d} partial likelihood loss {tot / len(batches):.4f}")

model.eval()
with torch.no_grad():
    ci = concordance(model(xv), tv, ev)
print(f"FINAL cindex={ci:.4f}")
