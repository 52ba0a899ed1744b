import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

w0, d = 6.0, 1.0


def exact(t):
    w = (w0 ** 2 - d ** 2) ** 0.5
    return torch.exp(-d * t) * (torch.cos(w * t) + d / w * torch.sin(w * t))


class Field(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))

    def forward(self, t):
        # u(0) = 1 and u'(0) = 0 hold by construction
        return 1 + t ** 2 * self.body(t * 2 - 1) * 10


u = Field()
grid = torch.linspace(0, 1, 80).reshape(-1, 1).requires_grad_(True)


def residual():
    y = u(grid)
    dy, = torch.autograd.grad(y.sum(), grid, create_graph=True)
    ddy, = torch.autograd.grad(dy.sum(), grid, create_graph=True)
    return ((ddy + 2 * d * dy + w0 ** 2 * y) / w0 ** 2).pow(2).mean()


adam = torch.optim.Adam(u.parameters(), lr=5e-3)
for it in range(800):
    adam.zero_grad()
    loss = residual()
    loss.backward()
    adam.step()
    if it % 200 == 0:
        print("adam", it, loss.item())

lbfgs = torch.optim.LBFGS(u.parameters(), lr=1.0, max_iter=10, history_size=20, line_search_fn="strong_wolfe")


def closure():
    lbfgs.zero_grad()
    loss = residual()
    loss.backward()
    return loss


for it in range(25):
    loss = lbfgs.step(closure)
print("lbfgs", loss.item())

with torch.no_grad():
    t = torch.rand(300, 1)
    err = u(t) - exact(t)
    r2 = 1 - err.pow(2).sum() / (exact(t) - exact(t).mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
