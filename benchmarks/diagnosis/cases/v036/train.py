# damped oscillator  u'' + 2 d u' + w^2 u = 0,  u(0)=1, u'(0)=0, solved by a network
import os
import math
import torch

torch.manual_seed(int(os.environ.get("SEED", 0)))
d, w0 = 0.8, 5.0
w = math.sqrt(w0 ** 2 - d ** 2)


def exact(t):
    return torch.exp(-d * t) * (torch.cos(w * t) + d / w * torch.sin(w * t))


class PINN(torch.nn.Module):
    def __init__(self, n=32, layers=3):
        super().__init__()
        dims = [1] + [n] * layers
        self.hidden = torch.nn.ModuleList([torch.nn.Linear(a, b) for a, b in zip(dims[:-1], dims[1:])])
        self.final = torch.nn.Linear(n, 1)
        for lin in self.hidden:
            torch.nn.init.xavier_normal_(lin.weight, gain=5 / 3)
            torch.nn.init.zeros_(lin.bias)

    def forward(self, t):
        h = 2 * t - 1
        for lin in self.hidden:
            h = torch.tanh(lin(h))
        return self.final(h)


def derivative(y, t):
    return torch.autograd.grad(y, t, torch.ones_like(y), create_graph=True)[0]


net = PINN()
t_phys = torch.linspace(0, 1, 40).view(-1, 1).requires_grad_(True)
t_zero = torch.zeros(1, 1, requires_grad=True)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9985)

for i in range(1600):
    u0 = net(t_zero)
    loss_u = (u0 - 1).pow(2).mean()
    loss_du = derivative(u0, t_zero).pow(2).mean()
    u = net(t_phys)
    du = derivative(u, t_phys)
    ddu = derivative(du, t_phys)
    residual = ddu + 2 * d * du + w0 ** 2 * u
    loss = loss_u + 1e-1 * loss_du + 1e-3 * residual.pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    if i % 400 == 0:
        print(i, loss.item(), loss_u.item(), residual.pow(2).mean().item())

with torch.no_grad():
    t = torch.linspace(0, 1, 301).view(-1, 1)
    u, ref = net(t), exact(t)
    r2 = 1 - (u - ref).pow(2).sum() / (ref - ref.mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
