import os
import numpy as np
import torch
from torch.nn import functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

# a network from scratch, to understand what nn.Linear does


def glorot(n_in, n_out):
    spread = 2.0 / (n_in + n_out)
    w = torch.empty(n_in, n_out).normal_(0, spread)
    return w.requires_grad_()


sizes = [32, 64, 64, 64, 64, 64, 4]
W = [glorot(a, b) for a, b in zip(sizes[:-1], sizes[1:])]
B = [torch.zeros(b, requires_grad=True) for b in sizes[1:]]


def forward(x):
    for w, b in zip(W[:-1], B[:-1]):
        x = F.relu(x @ w + b)
    return x @ W[-1] + B[-1]


# inverse kinematics flavoured targets: two link lengths, angles hidden in a mixed sensor vector
mix = np.random.normal(0, 0.5, (4, 32))


def measure(n):
    angles = np.random.uniform(-1.5, 1.5, (n, 4))
    sensors = np.tanh(angles @ mix) + np.random.normal(0, 0.05, (n, 32))
    a, b = angles[:, 0], angles[:, 1]
    pos = np.stack([np.cos(a) + np.cos(a + b), np.sin(a) + np.sin(a + b), angles[:, 2], np.sin(2 * angles[:, 3])], 1)
    return torch.tensor(sensors, dtype=torch.float32), torch.tensor(pos, dtype=torch.float32)


x, t = measure(3000)
xt, tt = measure(1000)
centre, scale = t.mean(0), t.std(0)
t, tt = (t - centre) / scale, (tt - centre) / scale

velocity = [torch.zeros_like(p) for p in W + B]
for epoch in range(12):
    order = torch.randperm(len(x))
    total = 0.0
    for i in range(0, len(x), 50):
        rows = order[i : i + 50]
        loss = ((forward(x[rows]) - t[rows]) ** 2).mean()
        grads = torch.autograd.grad(loss, W + B)
        with torch.no_grad():
            for p, g, v in zip(W + B, grads, velocity):
                v.mul_(0.9).add_(g)
                p.sub_(0.03 * v)
        total += loss.item()
    print(f"epoch {epoch}  loss {total / 60:.4f}")

with torch.no_grad():
    r2 = 1 - ((forward(xt) - tt) ** 2).mean().item() / tt.var().item()
print(f"FINAL r2={r2:.4f}")
