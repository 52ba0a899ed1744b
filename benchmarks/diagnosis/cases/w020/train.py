import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

# underdamped oscillator  u'' + mu u' + k u = 0,  u(0) = 1,  u'(0) = 0
d, w0 = 0.5, 4.0
mu, k = 2 * d, w0 ** 2


def exact(t):
    w = np.sqrt(w0 ** 2 - d ** 2)
    phi = np.arctan(-d / w)
    return torch.exp(-d * t) * torch.cos(phi + w * t) / np.cos(phi)


class FCN(nn.Module):
    def __init__(self, n_hidden=32, n_layers=3):
        super().__init__()
        self.fcs = nn.Sequential(nn.Linear(1, n_hidden), nn.Tanh())
        self.fch = nn.Sequential(*[nn.Sequential(nn.Linear(n_hidden, n_hidden), nn.Tanh()) for _ in range(n_layers - 1)])
        self.fce = nn.Linear(n_hidden, 1)

    def forward(self, t):
        return self.fce(self.fch(self.fcs(t)))


pinn = FCN()
t_boundary = torch.zeros(1, 1, requires_grad=True)
t_physics = torch.linspace(0, 2, 40).view(-1, 1).requires_grad_(True)
optimiser = torch.optim.Adam(pinn.parameters(), lr=3e-3)

for i in range(2500):
    optimiser.zero_grad()
    u = pinn(t_boundary)
    dudt = torch.autograd.grad(u, t_boundary, torch.ones_like(u), create_graph=True)[0]
    loss1 = (u.squeeze() - 1) ** 2
    loss2 = dudt.squeeze() ** 2

    u = pinn(t_physics)
    dudt = torch.autograd.grad(u, t_physics, torch.ones_like(u), create_graph=True)[0]
    d2udt2 = torch.autograd.grad(dudt, t_physics, torch.ones_like(dudt), retain_graph=True)[0]
    loss3 = torch.mean((d2udt2 + mu * dudt + k * u) ** 2)

    loss = loss1 + 0.1 * loss2 + 5e-3 * loss3
    loss.backward()
    optimiser.step()
    if i % 500 == 0:
        print(i, loss.item(), loss3.item())

t_test = torch.linspace(0, 2, 300).view(-1, 1)
with torch.no_grad():
    rel = torch.norm(pinn(t_test) - exact(t_test)) / torch.norm(exact(t_test))
print(f"FINAL rel_l2={rel.item():.4f}")
