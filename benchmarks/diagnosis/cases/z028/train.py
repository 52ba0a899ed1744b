import os
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

# u'' + 2 d u' + w^2 u = 0,  u(0) = 1, u'(0) = 0
d, w = 0.4, 4.0
T = 2.5


def exact(t):
    om = (w ** 2 - d ** 2) ** 0.5
    phi = torch.atan(torch.tensor(-d / om))
    A = 1 / torch.cos(phi)
    return torch.exp(-d * t) * A * torch.cos(phi + om * t)


class PINN(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(1, width), nn.Linear(width, width), nn.Linear(width, 1)])

    def forward(self, t):
        h = 2 * t / T - 1
        for layer in self.layers[:-1]:
            h = torch.tanh(layer(h))
        # hard constraint for both initial conditions
        return 1 + t ** 2 * self.layers[-1](h)


def residual(model, t):
    t = t.requires_grad_(True)
    u = model(t)
    du, = torch.autograd.grad(u, t, torch.ones_like(u), create_graph=True)
    ddu, = torch.autograd.grad(du, t, torch.ones_like(du), create_graph=True)
    return ddu + 2 * d * du + w ** 2 * u


model = PINN()
opt = torch.optim.Adam(model.parameters(), lr=8e-3)
sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.9985)
for it in range(2000):
    t = torch.rand(100, 1) * T
    res = residual(model, t)
    loss = (res ** 2 * torch.exp(-0.7 * t.detach())).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if it % 200 == 0:
        print(f"{it} residual {loss.item():.5f}")

with torch.no_grad():
    grid = torch.linspace(0, T, 300)[:, None]
    u, v = model(grid), exact(grid)
    err = ((u - v).norm() / v.norm()).item()
print(f"FINAL rel_error={err:.4f}")
