import os
import numpy as np
import torch
from torch import nn


class CoxPartialLikelihood(nn.Module):
    """Breslow's negative log partial likelihood; log risks, times, event flags: all (N,)."""

    def forward(self, log_risk, time, event):
        order = torch.argsort(time)
        log_risk, event = log_risk[order], event[order]
        at_risk = torch.logcumsumexp(log_risk, dim=0)
        return -((log_risk - at_risk) * event).sum() / event.sum().clamp(min=1)


class RiskNet(nn.Module):
    def __init__(self, d, width=32):
        super().__init__()
        self.stack = nn.Sequential(nn.Linear(d, width), nn.SELU(), nn.AlphaDropout(0.05),
                                   nn.Linear(width, width), nn.SELU(), nn.Linear(width, 1, bias=False))

    def forward(self, x):
        return self.stack(x)[:, 0]


def cohort(n, rng):
    x = rng.normal(size=(n, 8))
    eta = 1.0 * x[:, 0] - 0.8 * x[:, 1] + 0.9 * x[:, 2] * x[:, 3] + 0.5 * np.abs(x[:, 4])
    t = rng.exponential(np.exp(-eta))
    c = rng.exponential(1.5, n)
    keep = np.minimum(t, c), (t <= c)
    return [torch.tensor(v, dtype=torch.float32) for v in (x, *keep)]


def concordance(risk, time, event):
    earlier = (time[:, None] < time[None]) & (event[:, None] > 0)
    right = (risk[:, None] > risk[None]).float() + 0.5 * (risk[:, None] == risk[None]).float()
    return (right[earlier].mean()).item()


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    x, t, e = cohort(1600, rng)
    xv, tv, ev = cohort(600, rng)
    net, criterion = RiskNet(8), CoxPartialLikelihood()
    opt = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-2)
    for epoch in range(30):
        net.train()
        for idx in torch.randperm(len(x)).split(160):
            loss = criterion(net(x[idx]), t[idx], e[idx])
            opt.zero_grad()
            loss.backward()
            opt.step()
        if epoch % 5 == 4:
            net.eval()
            with torch.no_grad():
                print(f"epoch {epoch + 1} loss {loss.item():.4f} train c-index {concordance(net(x), t, e):.4f}")
    net.eval()
    with torch.no_grad():
        print(f"FINAL cindex={concordance(net(xv), tv, ev):.4f}")


if __name__ == "__main__":
    main()
