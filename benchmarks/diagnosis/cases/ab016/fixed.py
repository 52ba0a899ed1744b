import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

# Damped pendulum, time in milliseconds: u'' + 2 d u' + w^2 u = 0, u(0)=1, u'(0)=0
T_END = 1000.0
d, w0 = 2.0e-3, 1.3e-2


def exact(t):
    w = np.sqrt(w0 ** 2 - d ** 2)
    phi = np.arctan(-d / w)
    a = 1 / np.cos(phi)
    return a * np.exp(-d * t) * np.cos(w * t + phi)


class FCN(nn.Module):
    def __init__(self, width=32, depth=3):
        super().__init__()
        self.fcs = nn.Sequential(nn.Linear(1, width), nn.Tanh())
        self.fch = nn.Sequential(*[nn.Sequential(nn.Linear(width, width), nn.Tanh()) for _ in range(depth - 1)])
        self.fce = nn.Linear(width, 1)

    def forward(self, x):
        return self.fce(self.fch(self.fcs(x)))


def grad(y, x):
    return torch.autograd.grad(y, x, torch.ones_like(y), create_graph=True)[0]


t_data = torch.linspace(0, 0.5 * T_END, 12).view(-1, 1)
u_data = torch.tensor(exact(t_data.numpy()), dtype=torch.float32)
t_physics = torch.linspace(0, T_END, 50).view(-1, 1).requires_grad_(True)
scale = 4.0 / T_END

pinn = FCN()
optimiser = torch.optim.Adam(pinn.parameters(), lr=3e-3)
for i in range(2501):
    optimiser.zero_grad()
    loss_data = ((pinn(t_data * scale) - u_data) ** 2).mean()
    u = pinn(t_physics * scale)
    dudt = grad(u, t_physics)
    d2udt2 = grad(dudt, t_physics)
    residual = (d2udt2 + 2 * d * dudt + w0 ** 2 * u) / w0 ** 2
    loss = loss_data + 1e-1 * (residual ** 2).mean()
    loss.backward()
    optimiser.step()
    if i % 500 == 0:
        print(f"step {i}: data {loss_data.item():.5f} total {loss.item():.5f}")

t_test = torch.linspace(0, T_END, 400).view(-1, 1)
with torch.no_grad():
    u = pinn(t_test * scale).numpy()
truth = exact(t_test.numpy())
print(f"FINAL rel_l2={np.linalg.norm(u - truth) / np.linalg.norm(truth):.4f}")
