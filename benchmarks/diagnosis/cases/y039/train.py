import os
import numpy as np
import torch

seed = int(os.environ.get("SEED", 0))
g = torch.Generator().manual_seed(seed)


def claims(n):
    x = torch.randn(n, 6, generator=g)
    hours = torch.rand(n, generator=g) * 4 + 0.5
    log_rate = 0.5 + 0.5 * x[:, 0] - 0.4 * x[:, 1] + 0.6 * torch.tanh(2 * x[:, 2]) + 0.4 * x[:, 3] * x[:, 4]
    return x, hours, torch.poisson(hours * log_rate.exp(), generator=g), log_rate


x, hours, n_claims, _ = claims(6000)
xt, ht, nt, true_log_rate = claims(3000)

sizes = [6, 48, 48, 1]
params = []
for a, b in zip(sizes[:-1], sizes[1:]):
    params.append((torch.randn(a, b, generator=g) * (2 / a) ** 0.5).requires_grad_())
    params.append(torch.zeros(b, requires_grad=True))
with torch.no_grad():
    params[-2].mul_(0.1)
    params[-1].fill_((n_claims.sum() / hours.sum()).log().item())
velocity = [torch.zeros_like(p) for p in params]


def log_rate(x):
    h = x
    for w, b in zip(params[0:-2:2], params[1:-2:2]):
        h = (h @ w + b).clamp(min=0)
    return (h @ params[-2] + params[-1]).squeeze(1)


def poisson_nll(log_mu, k):
    return (log_mu.exp() - k * log_mu).mean()


epochs, batch, lr0, mom = 40, 100, 0.01, 0.9
for epoch in range(epochs):
    lr = lr0 * 0.5 * (1 + np.cos(np.pi * epoch / epochs))
    perm = torch.randperm(len(x), generator=g)
    running = 0.0
    for k in range(0, len(x), batch):
        i = perm[k : k + batch]
        loss = poisson_nll(log_rate(x[i]) + hours[i].log(), n_claims[i])
        loss.backward()
        with torch.no_grad():
            norm = sum(p.grad.pow(2).sum() for p in params).sqrt()
            shrink = min(1.0, 5.0 / norm.item())
            for p, v in zip(params, velocity):
                v.mul_(mom).add_(p.grad * shrink + 1e-4 * p)
                p.sub_(lr * v)
                p.grad = None
        running += loss.item()
    if epoch % 8 == 0:
        print("epoch", epoch, "nll", round(running / (len(x) / batch), 4))

with torch.no_grad():
    null = poisson_nll((n_claims.sum() / hours.sum()).log() + ht.log(), nt)
    fit = poisson_nll(log_rate(xt) + ht.log(), nt)
    best = poisson_nll(true_log_rate + ht.log(), nt)
print(f"FINAL d2={((null - fit) / (null - best)).item():.4f}")
