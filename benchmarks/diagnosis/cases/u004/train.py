import os
import math
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

# Inverse problem: x'' + mu x' + k x = 0, noisy observations of x, both mu and k unknown.
MU_TRUE, K_TRUE = 2.0, 25.0


def exact(t):
    d = MU_TRUE / 2
    w = math.sqrt(K_TRUE - d * d)
    phi = math.atan(-d / w)
    amp = 1 / (2 * math.cos(phi))
    return torch.exp(-d * t) * 2 * amp * torch.cos(phi + w * t)


class FCN(nn.Module):
    def __init__(self, n_hidden=32, n_layers=3):
        super().__init__()
        self.first = nn.Sequential(nn.Linear(1, n_hidden), nn.Tanh())
        self.hidden = nn.Sequential(
            *[nn.Sequential(nn.Linear(n_hidden, n_hidden), nn.Tanh()) for _ in range(n_layers - 1)]
        )
        self.last = nn.Linear(n_hidden, 1)

    def forward(self, t):
        return self.last(self.hidden(self.first(t)))


pinn = FCN()
mu = nn.Parameter(torch.tensor([0.5]))
k = nn.Parameter(torch.tensor([15.0]))

t_obs = torch.rand(60, 1)
u_obs = exact(t_obs) + 0.02 * torch.randn_like(t_obs)
t_physics = torch.linspace(0, 1, 40).view(-1, 1).requires_grad_(True)

optimiser = torch.optim.Adam([
    {"params": pinn.parameters(), "lr": 2e-3},
    {"params": [k], "lr": 0.05},
])
weight = 1e-3

for i in range(1800):
    optimiser.zero_grad()
    u = pinn(t_physics)
    dudt = torch.autograd.grad(u, t_physics, torch.ones_like(u), create_graph=True)[0]
    d2udt2 = torch.autograd.grad(dudt, t_physics, torch.ones_like(dudt), create_graph=True)[0]
    loss_physics = torch.mean((d2udt2 + mu * dudt + k * u) ** 2)
    loss_data = torch.mean((pinn(t_obs) - u_obs) ** 2)
    loss = loss_data + weight * loss_physics
    loss.backward()
    optimiser.step()
    if i % 200 == 0:
        print(f"{i:5d} loss {loss.item():.5f} mu {mu.item():.3f} k {k.item():.3f}")

err = abs(mu.item() - MU_TRUE) / MU_TRUE + abs(k.item() - K_TRUE) / K_TRUE
print(f"FINAL error={err:.4f}")
