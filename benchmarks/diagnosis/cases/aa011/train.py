import math
import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
NU = 0.1


def exact(x, t):
    return torch.exp(-NU * math.pi**2 * t) * torch.sin(math.pi * x) + 0.5 * torch.exp(-4 * NU * math.pi**2 * t) * torch.sin(2 * math.pi * x)


class Field(nn.Module):
    def __init__(self, width=32, depth=3):
        super().__init__()
        layers, d = [], 2
        for _ in range(depth):
            layers += [nn.Linear(d, width), nn.Tanh()]
            d = width
        self.net = nn.Sequential(*layers, nn.Linear(width, 1))

    def forward(self, x, t):
        return self.net(torch.cat([2 * x - 1, t], 1))


def derivative(u, var, order=1):
    for k in range(order):
        last = k == order - 1
        u = torch.autograd.grad(u.sum(), var, create_graph=not last, retain_graph=True)[0]
    return u


class HeatProblem:
    """u_t = nu u_xx on [0, 1], u = 0 at both ends, u(x, 0) given."""

    def residual(self, model, n):
        x = torch.rand(n, 1, requires_grad=True)
        t = torch.rand(n, 1, requires_grad=True)
        u = model(x, t)
        return (derivative(u, t) - NU * derivative(u, x, order=2)).pow(2).mean()

    def initial(self, model, n):
        x, t = torch.rand(n, 1), torch.zeros(n, 1)
        return (model(x, t) - exact(x, t)).pow(2).mean()

    def boundary(self, model, n):
        t = torch.rand(n, 1)
        return model(torch.zeros_like(t), t).pow(2).mean() + model(torch.ones_like(t), t).pow(2).mean()


problem, model = HeatProblem(), Field()
opt = torch.optim.Adam(model.parameters(), lr=4e-3)
sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.998)
for it in range(900):
    terms = {"pde": problem.residual(model, 128), "ic": 10 * problem.initial(model, 64), "bc": 10 * problem.boundary(model, 64)}
    loss = sum(terms.values())
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if it % 150 == 0:
        print(it, " ".join(f"{k} {v.item():.4e}" for k, v in terms.items()))

with torch.no_grad():
    g = torch.linspace(0, 1, 41)
    x, t = [c.reshape(-1, 1) for c in torch.meshgrid(g, g, indexing="ij")]
    u, ref = model(x, t), exact(x, t)
    r2 = 1 - ((u - ref) ** 2).sum() / ((ref - ref.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
