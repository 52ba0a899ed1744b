import math
import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

ZETA, OMEGA = 0.15, 4.0


def exact(t):
    wd = OMEGA * math.sqrt(1 - ZETA**2)
    decay = torch.exp(-ZETA * OMEGA * t)
    return decay * (torch.cos(wd * t) + ZETA * OMEGA / wd * torch.sin(wd * t))


class Field(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(1, 32)
        self.l2 = nn.Linear(32, 32)
        self.l3 = nn.Linear(32, 1)
        for l in (self.l1, self.l2, self.l3):
            nn.init.xavier_normal_(l.weight)
            nn.init.zeros_(l.bias)

    def forward(self, t):
        h = torch.tanh(self.l1(2 * t - 2))
        h = torch.tanh(self.l2(h))
        return self.l3(h)


def derivative(u, t):
    return torch.autograd.grad(u, t, torch.ones_like(u), create_graph=True)[0]


field = Field()
points = torch.linspace(0, 2, 80).view(-1, 1).requires_grad_(True)
origin = torch.zeros(1, 1, requires_grad=True)


def total_loss():
    u = field(points)
    du = derivative(u, points)
    ddu = derivative(du, points)
    residual = ddu + 2 * ZETA * OMEGA * du + OMEGA**2 * u
    u0 = field(origin)
    v0 = derivative(u0, origin)
    return 1e-2 * residual.pow(2).mean() + 10 * (u0 - 1).pow(2).sum() + 0.1 * v0.pow(2).sum()


adam = torch.optim.Adam(field.parameters(), lr=3e-3)
for i in range(800):
    adam.zero_grad()
    loss = total_loss()
    loss.backward()
    adam.step()
    if i % 200 == 0:
        print(f"adam {i} {loss.item():.3e}")

lbfgs = torch.optim.LBFGS(
    field.parameters(), lr=1.0, max_iter=10, history_size=30, line_search_fn="strong_wolfe"
)


def closure():
    lbfgs.zero_grad()
    loss = total_loss()
    loss.backward()
    return loss


for i in range(60):
    loss = lbfgs.step(closure)
print(f"lbfgs {loss.item():.3e}")

t = torch.linspace(0, 2, 333).view(-1, 1)
with torch.no_grad():
    u, true = field(t), exact(t)
r2 = 1 - ((u - true) ** 2).sum() / ((true - true.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.5f}")
