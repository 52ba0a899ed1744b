import math
import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

D, W0 = 0.4, 4.0


def exact(t):
    w = math.sqrt(W0 ** 2 - D ** 2)
    phi = math.atan(-D / w)
    a = 1 / (2 * math.cos(phi))
    return torch.exp(-D * t) * 2 * a * torch.cos(phi + w * t)


class Net(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.a = nn.Linear(1, width)
        self.b = nn.Linear(width, width)
        self.c = nn.Linear(width, 1)

    def forward(self, t):
        return self.c(torch.tanh(self.b(torch.tanh(self.a(2 * t - 1) * 2))))


net = Net()
t0 = torch.zeros(1, 1, requires_grad=True)
t_phys = torch.linspace(0, 1.5, 60).view(-1, 1).requires_grad_(True)
d = lambda u, t: torch.autograd.grad(u, t, torch.ones_like(u), create_graph=True)[0]


def physics_loss():
    u0 = net(t0)
    start = (u0 - 1).pow(2).sum() + 0.1 * d(u0, t0).pow(2).sum()
    u = net(t_phys)
    du = d(u, t_phys)
    ode = d(du, t_phys) + 2 * D * du + W0 ** 2 * u
    return start + 1e-2 * ode.pow(2).mean()


optimizer = torch.optim.LBFGS(net.parameters(), lr=1.0, max_iter=10, history_size=30, line_search_fn="strong_wolfe")


def closure():
    optimizer.zero_grad()
    loss = physics_loss()
    loss.backward()
    return loss


for step in range(70):
    loss = optimizer.step(closure)
    if step % 10 == 0:
        print(f"step {step} loss {loss.item():.3e}")

t = torch.linspace(0, 1.5, 200).view(-1, 1)
with torch.no_grad():
    err = (net(t) - exact(t)).norm() / exact(t).norm()
print(f"FINAL error={err.item():.4f}")
