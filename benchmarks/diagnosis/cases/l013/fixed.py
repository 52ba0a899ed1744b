import os
import math
from collections import namedtuple

import torch
from sklearn.datasets import make_friedman1
from torch import nn

OptConfig = namedtuple("OptConfig", "lr beta1 beta2 eps weight_decay", defaults=(1e-8, 1e-4))


class AdamW32(torch.optim.Optimizer):
    """AdamW that keeps its state in float32 (for bfloat16 weights)."""

    def __init__(self, params, cfg: OptConfig):
        super().__init__(params, cfg._asdict())

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            b1, b2, lr = group["beta1"], group["beta2"], group["lr"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["t"] = 0
                    state["m"] = torch.zeros_like(p, dtype=torch.float32)
                    state["v"] = torch.zeros_like(p, dtype=torch.float32)
                g = p.grad.float()
                state["t"] += 1
                state["m"].lerp_(g, 1 - b1)
                state["v"].lerp_(g * g, 1 - b2)
                m = state["m"] / (1 - b1 ** state["t"])
                v = state["v"] / (1 - b2 ** state["t"])
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_((lr * m / (v.sqrt() + group["eps"])).to(p.dtype))


def batches(n, size):
    perm = torch.randperm(n)
    return [perm[i * size:(i + 1) * size] for i in range(math.ceil(n / size))]


seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
X, y = make_friedman1(n_samples=2400, n_features=10, noise=0.8, random_state=seed)
X = torch.tensor(X, dtype=torch.float32) * 2 - 1
y = torch.tensor(y, dtype=torch.float32)
mu, sd = y[:1800].mean(), y[:1800].std()
Xtr, ytr, Xte, yte = X[:1800], (y[:1800] - mu) / sd, X[1800:], (y[1800:] - mu) / sd

net = nn.Sequential(nn.Linear(10, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
optimizer = AdamW32(net.parameters(), OptConfig(3e-3, 0.9, 0.999))
mse = nn.MSELoss()
for epoch in range(30):
    tot = 0.0
    for b in batches(1800, 60):
        optimizer.zero_grad()
        loss = mse(net(Xtr[b]).squeeze(1), ytr[b])
        loss.backward()
        optimizer.step()
        tot += loss.item() * len(b)
    if epoch % 5 == 0 or epoch == 29:
        print(f"epoch {epoch}: train mse {tot / 1800:.4f}")
with torch.no_grad():
    err = mse(net(Xte).squeeze(1), yte)
print(f"FINAL r2={1 - (err / yte.var(unbiased=False)).item():.4f}")
