import math
import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
TRUE_K, TRUE_C = 9.0, 0.4


def swing(t):
    w = math.sqrt(TRUE_K - TRUE_C**2 / 4)
    return torch.exp(-TRUE_C * t / 2) * torch.cos(w * t)


class Sin(nn.Module):
    def forward(self, x):
        return torch.sin(x)


class Oscillator(nn.Module):
    """x'' + c x' + k x = 0 with k and c to be found."""

    def __init__(self, width=32):
        super().__init__()
        self.first = nn.Linear(1, width)
        self.rest = nn.Sequential(Sin(), nn.Linear(width, width), Sin(), nn.Linear(width, 1))
        nn.init.uniform_(self.first.weight, -4, 4)
        self.log_k = nn.Parameter(torch.tensor(math.log(4.0)))
        self.c = nn.Parameter(torch.tensor(0.0))

    def forward(self, t):
        return self.rest(self.first(t))

    def residual(self, t):
        t = t.requires_grad_()
        x = self(t)
        v = torch.autograd.grad(x.sum(), t, create_graph=True)[0]
        a = torch.autograd.grad(v.sum(), t, create_graph=True)[0]
        return a + self.c * v + self.log_k.exp() * x


t_obs = 4 * torch.rand(60, 1)
x_obs = swing(t_obs) + 0.02 * torch.randn(60, 1)
model = Oscillator()
physics = [model.log_k, model.c]
weights = [*model.first.parameters(), *model.rest.parameters()]
opt = torch.optim.Adam([{"params": weights, "lr": 2e-3}, {"params": physics, "lr": 1e-2}])
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 2500, eta_min=1e-5)
for it in range(2500):
    data = (model(t_obs) - x_obs).pow(2).mean()
    ode = model.residual(4 * torch.rand(80, 1)).pow(2).mean()
    loss = 50 * data + 0.1 * ode
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if it % 250 == 0:
        print(f"{it:5d} data {data.item():.5f} ode {ode.item():.4f} k {model.log_k.exp().item():.3f} c {model.c.item():.3f}")
error = max(abs(model.log_k.exp().item() / TRUE_K - 1), abs(model.c.item() - TRUE_C) / TRUE_C)
print(f"FINAL relative_error={error:.4f}")
