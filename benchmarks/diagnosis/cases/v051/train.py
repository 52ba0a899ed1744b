"""Cox proportional hazards with a neural risk score on simulated, right-censored survival times."""
import os

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
rng = np.random.default_rng(SEED)
torch.manual_seed(SEED)


def cohort(n):
    x = rng.normal(size=(n, 6)).astype(np.float32)
    risk = 1.2 * x[:, 0] + 0.9 * np.maximum(x[:, 1], 0) * 1.5 - 0.8 * np.abs(x[:, 2])
    event_time = rng.exponential(1.0 / (0.1 * np.exp(risk)))
    censor_time = rng.exponential(12.0, size=n)
    observed = event_time <= censor_time
    time = np.minimum(event_time, censor_time)
    return (torch.tensor(v) for v in (x, time.astype(np.float32), observed))


def cox_loss(score, time, observed):
    """Negative log partial likelihood per event (Breslow)."""
    order = time.argsort(descending=True)
    score, observed = score[order], observed[order]
    log_risk = torch.logcumsumexp(score, dim=0)
    return (log_risk - score)[observed].mean()


def concordance(score, time, observed):
    earlier = (time[:, None] < time[None, :]) & observed[:, None]
    diff = score[:, None] - score[None, :]
    return ((diff > 0).float() + 0.5 * (diff == 0).float())[earlier].mean().item()


x, time, observed = cohort(1200)
xv, tv, ov = cohort(400)
xt, tt, ot = cohort(800)
print(f"censored: {1 - observed.float().mean().item():.2f}")

risk_net = nn.Sequential(
    nn.Linear(6, 32), nn.SELU(), nn.AlphaDropout(0.1),
    nn.Linear(32, 16), nn.SELU(),
    nn.Linear(16, 1, bias=False), nn.Flatten(0),
)  # fmt: skip
for m in risk_net:
    if isinstance(m, nn.Linear):
        nn.init.kaiming_normal_(m.weight, nonlinearity="linear")
optimizer = torch.optim.AdamW(risk_net.parameters(), lr=5e-3, weight_decay=0.05)

best, best_state, patience = float("inf"), None, 0
for step in range(600):
    risk_net.train()
    loss = cox_loss(risk_net(x), time, observed)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    risk_net.eval()
    with torch.no_grad():
        val = cox_loss(risk_net(xv), tv, ov).item()
    if val < best - 1e-4:
        best, patience = val, 0
        best_state = {k: v.clone() for k, v in risk_net.state_dict().items()}
    else:
        patience += 1
        if patience >= 80:
            print(f"stopped at {step}")
            break
    if step % 50 == 0:
        print(f"step {step}: loss {loss.item():.4f} val {val:.4f}")

risk_net.load_state_dict(best_state)
risk_net.eval()
with torch.no_grad():
    c = concordance(risk_net(xt), tt, ot)
print(f"FINAL c_index={c:.4f}")
