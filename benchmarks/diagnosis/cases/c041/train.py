import math
import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def arcs(n):
    x = torch.rand(n, 1) * 2 - 1
    side = torch.randint(0, 2, (n, 1)).float() * 2 - 1
    return x * 1.7, side * (0.4 + 0.5 * x ** 2) + 0.04 * torch.randn(n, 1)


class MDN(nn.Module):
    def __init__(self, k=4, h=48):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, h), nn.Tanh(), nn.Linear(h, h), nn.Tanh())
        self.weight, self.mean, self.log_sd = nn.Linear(h, k), nn.Linear(h, k), nn.Linear(h, k)

    def forward(self, x):
        h = self.body(x)
        return self.weight(h).log_softmax(1), self.mean(h), self.log_sd(h).clamp(-5, 3)


def nll(params, y):
    logw, mu, ls = params
    return -(logw - 0.5 * ((y - mu) / ls.exp()) ** 2 - ls - 0.5 * math.log(2 * math.pi)).logsumexp(1).mean()


model = MDN()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
x, y = arcs(3000)
for step in range(1500):
    idx = torch.randint(0, 3000, (100,))
    loss = nll(model(x[idx]), y[idx])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 300 == 0:
        print(f"step {step} nll {loss.item():+.4f}")
xt, yt = arcs(1000)
with torch.no_grad():
    print(f"FINAL nll={nll(model(xt), yt).item():.4f}")
