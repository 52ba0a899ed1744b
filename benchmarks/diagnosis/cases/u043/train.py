import math
import os
import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


class MDN(nn.Module):
    """p(y|x) as a mixture of K Gaussians."""

    def __init__(self, k=5, hidden=50):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.pi = nn.Linear(hidden, k)
        self.mu = nn.Linear(hidden, k)
        self.sigma = nn.Linear(hidden, k)

    def forward(self, x):
        h = self.trunk(x)
        return torch.softmax(self.pi(h), 1), self.mu(h), torch.exp(self.sigma(h))


def mdn_loss(pi, mu, sigma, y):
    comp = torch.exp(-0.5 * ((y - mu) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))
    return -torch.log((pi * comp).sum(1)).mean()


def arm(n, g):
    # inverse problem: several joint angles give the same position
    y = torch.rand(n, 1, generator=g) * 60 - 30
    x = torch.sin(0.25 * y) * 7 + y * 0.2 + torch.randn(n, 1, generator=g) * 0.3
    return x / 8, y


g = torch.Generator().manual_seed(12)
x, y = arm(2500, g)
xt, yt = arm(500, g)
model = MDN()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(25):
    total = 0.0
    for b in torch.randperm(len(x)).split(100):
        opt.zero_grad()
        loss = mdn_loss(*model(x[b]), y[b])
        loss.backward()
        opt.step()
        total += loss.item() * len(b)
    if epoch % 5 == 0:
        print(f"epoch {epoch} nll {total / len(x):.4f}")
with torch.no_grad():
    nll = mdn_loss(*model(xt), yt).item()
print(f"FINAL nll={nll:.4f}")
