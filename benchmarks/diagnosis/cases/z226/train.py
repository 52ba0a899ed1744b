import math
import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


class MyAdam(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, b1=0.9, b2=0.999, eps=1e-8):
        super().__init__(params, dict(lr=lr, b1=b1, b2=b2, eps=eps))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                s = self.state[p]
                if not s:
                    s["t"], s["m"], s["v"] = 0, torch.zeros_like(p), torch.zeros_like(p)
                s["t"] += 1
                s["m"].lerp_(p.grad, 1 - group["b1"])
                s["v"].lerp_(p.grad ** 2, 1 - group["b2"])
                m = s["m"] / (1 - group["b1"] ** s["t"])
                v = s["v"] / (1 - group["b2"] ** s["t"])
                p -= group["lr"] * m / (v.sqrt() + group["eps"])


class MDN(nn.Module):
    def __init__(self, n_hidden=32, n_gaussians=5):
        super().__init__()
        self.z_h = nn.Sequential(nn.Linear(1, n_hidden), nn.Tanh(), nn.Linear(n_hidden, n_hidden), nn.Tanh())
        self.z_pi = nn.Linear(n_hidden, n_gaussians)
        self.z_sigma = nn.Linear(n_hidden, n_gaussians)
        self.z_mu = nn.Linear(n_hidden, n_gaussians)

    def forward(self, x):
        h = self.z_h(x)
        return torch.softmax(self.z_pi(h), -1), torch.exp(self.z_sigma(h)), self.z_mu(h)


def mdn_loss(pi, sigma, mu, y):
    z = (y - mu) / sigma
    log_component = -0.5 * z ** 2 - torch.log(sigma) - 0.5 * math.log(2 * math.pi)
    return -torch.logsumexp(torch.log(pi + 1e-10) + log_component, dim=1).mean()


def inverse_data(n):
    y = torch.rand(n, 1)
    x = y + 0.3 * torch.sin(2 * math.pi * y) + 0.03 * torch.randn(n, 1)
    return (x - 0.5) * 3, (y - 0.5) * 2


X, Y = inverse_data(2000)
Xv, Yv = inverse_data(1000)
network = MDN()
optimizer = MyAdam(network.parameters(), lr=4e-3)
for epoch in range(40):
    order = torch.randperm(len(X))
    for i in range(0, len(X), 100):
        idx = order[i:i + 100]
        pi, sigma, mu = network(X[idx])
        loss = mdn_loss(pi, sigma, mu, Y[idx])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
    if epoch % 5 == 0:
        print(epoch, round(loss.item(), 4))
with torch.no_grad():
    nll = mdn_loss(*network(Xv), Yv).item()
print(f"FINAL nll={nll:.4f}")
