import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


class BayesLinear(nn.Module):
    """Weights are drawn from N(mu, softplus(rho)^2); the prior is N(0, 0.5^2)."""

    def __init__(self, i, o):
        super().__init__()
        self.mu = nn.Parameter(torch.randn(o, i) / i ** 0.5)
        self.rho = nn.Parameter(torch.full((o, i), -4.0))
        self.bias = nn.Parameter(torch.zeros(o))

    def forward(self, x):
        sigma = F.softplus(self.rho)
        # local reparametrisation: draw the pre-activations, not the weights
        m = F.linear(x, self.mu, self.bias)
        v = F.linear(x * x, sigma * sigma)
        return m + (v + 1e-9).sqrt() * torch.randn_like(m)

    def kl(self):
        s, p = F.softplus(self.rho), 0.5
        return (math.log(p) - s.log() + (s * s + self.mu ** 2) / (2 * p * p) - 0.5).sum()


class BayesNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1, self.l2, self.l3 = BayesLinear(4, 50), BayesLinear(50, 50), BayesLinear(50, 1)

    def forward(self, x):
        return self.l3(torch.tanh(self.l2(torch.tanh(self.l1(x))))).squeeze(1)

    def kl(self):
        return self.l1.kl() + self.l2.kl() + self.l3.kl()


def yields(n):
    x = torch.rand(n, 4) * 2 - 1
    y = torch.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.5 * x[:, 3] ** 2
    return x, y + 0.1 * torch.randn(n)


x, y = yields(1000)
xt, yt = yields(500)
net = BayesNet()
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
noise = 0.1
for epoch in range(80):
    for b in torch.randperm(1000).split(100):
        nll = 0.5 * ((net(x[b]) - y[b]) / noise).pow(2).sum()
        loss = nll + net.kl() * len(b) / 1000          # each batch pays its share of the KL term
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 16 == 15:
        print(f"epoch {epoch + 1} loss {loss.item():.1f} of which kl {net.kl().item() / 10:.1f}")

with torch.no_grad():
    mean = torch.stack([net(xt) for _ in range(30)]).mean(0)
    r2 = 1 - (mean - yt).pow(2).sum() / (yt - yt.mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
