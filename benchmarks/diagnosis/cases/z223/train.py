import math
import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

MU, K = 0.6, 16.0
T_END = 2.0


def exact(t):
    d = MU / 2
    w = math.sqrt(K - d * d)
    return torch.exp(-d * t) * (torch.cos(w * t) + d / w * torch.sin(w * t))


class FCN(nn.Module):
    def __init__(self, n_hidden=32, n_layers=3):
        super().__init__()
        self.fcs = nn.Sequential(nn.Linear(1, n_hidden), nn.Tanh())
        self.fch = nn.Sequential(*[nn.Sequential(nn.Linear(n_hidden, n_hidden), nn.Tanh()) for _ in range(n_layers - 1)])
        self.fce = nn.Linear(n_hidden, 1)

    def forward(self, t):
        return self.fce(self.fch(self.fcs(2 * t / T_END - 1)))


pinn = FCN()
t_physics = torch.linspace(0, T_END, 64).view(-1, 1).requires_grad_(True)
t_boundary = torch.zeros(1, 1, requires_grad=True)


def residual_loss():
    u0 = pinn(t_boundary)
    du0 = torch.autograd.grad(u0, t_boundary, torch.ones_like(u0), create_graph=True)[0]
    initial = (u0 - 1).pow(2).mean() + 0.1 * du0.pow(2).mean()
    u = pinn(t_physics)
    du = torch.autograd.grad(u, t_physics, torch.ones_like(u), create_graph=True)[0]
    d2u = torch.autograd.grad(du, t_physics, torch.ones_like(du), create_graph=True)[0]
    physics = (d2u + MU * du + K * u).pow(2).mean()
    return initial + 1e-2 * physics


adam = torch.optim.Adam(pinn.parameters(), lr=2e-3)
for i in range(600):
    adam.zero_grad()
    loss = residual_loss()
    loss.backward()
    adam.step()
    if i % 100 == 0:
        print(f"adam {i} {loss.item():.5f}")

lbfgs = torch.optim.LBFGS(pinn.parameters(), max_iter=20, history_size=30, line_search_fn="strong_wolfe")


def closure():
    lbfgs.zero_grad()
    value = residual_loss()
    value.backward()
    return value


for i in range(20):
    loss = lbfgs.step(closure)
    if i % 5 == 0:
        print(f"lbfgs {i} {loss.item():.3e}")

t = torch.linspace(0, T_END, 300).view(-1, 1)
with torch.no_grad():
    u, v = pinn(t), exact(t)
    r2 = 1 - (u - v).pow(2).sum() / (v - v.mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
