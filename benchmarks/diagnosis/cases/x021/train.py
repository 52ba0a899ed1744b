# physics-informed net for  u'' - u = f  on [0, 2], u(0) and u(2) known
import os
import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def exact(x):
    return torch.sin(3 * x) * torch.exp(-0.5 * x) + 0.5 * x


def f(x):
    s, c, e = torch.sin(3 * x), torch.cos(3 * x), torch.exp(-0.5 * x)
    second = e * (-9 * s - 3 * c + 0.25 * s)
    return second - exact(x)


class PINN(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.l1 = nn.Linear(1, width)
        self.l2 = nn.Linear(width, width)
        self.l3 = nn.Linear(width, 1)

    def forward(self, x):
        return self.l3(torch.tanh(self.l2(torch.tanh(self.l1(x)))))


def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.constant_(m.weight, 0.1)
        nn.init.constant_(m.bias, 0.01)


net = PINN()
net.apply(init_weights)
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=500, gamma=0.5)
edge = torch.tensor([[0.0], [2.0]])

for it in range(1600):
    x = (2 * torch.rand(64, 1)).requires_grad_(True)
    u = net(x)
    du = torch.autograd.grad(u.sum(), x, create_graph=True)[0]
    ddu = torch.autograd.grad(du.sum(), x, create_graph=True)[0]
    residual = ((ddu - u - f(x)) ** 2).mean()
    boundary = ((net(edge) - exact(edge)) ** 2).mean()
    loss = residual + 50 * boundary
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    if it % 200 == 0:
        print("it %d  residual %.4f  boundary %.5f" % (it, residual.item(), boundary.item()))

grid = torch.linspace(0, 2, 201).unsqueeze(1)
with torch.no_grad():
    error = (net(grid) - exact(grid)).norm() / exact(grid).norm()
print("FINAL rel_error=%.4f" % error.item())
