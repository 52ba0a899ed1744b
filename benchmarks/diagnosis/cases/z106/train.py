import os
import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(int(os.environ.get("SEED", "0")))

# damped oscillator  u'' + 2 d u' + w^2 u = 0,  u(0)=1, u'(0)=0
d, w = 0.6, 5.0


def exact(t):
    om = (w * w - d * d) ** 0.5
    return torch.exp(-d * t) * (torch.cos(om * t) + d / om * torch.sin(om * t))


class Sine(torch.nn.Module):
    def forward(self, x):
        return torch.sin(x)


net = torch.nn.Sequential(
    torch.nn.Linear(1, 32), Sine(),
    torch.nn.Linear(32, 32), Sine(),
    torch.nn.Linear(32, 1),
)
with torch.no_grad():
    net[0].weight.uniform_(-6, 6)


def u(t):
    # hard initial conditions
    return 1 + t ** 2 * net(t)


opt = torch.optim.Adam(net.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.ExponentialLR(opt, gamma=0.9985)
t = torch.linspace(0, 2, 80).reshape(-1, 1).requires_grad_(True)
for it in range(1600):
    y = u(t)
    dy = torch.autograd.grad(y.sum(), t, create_graph=True)[0]
    ddy = torch.autograd.grad(dy.sum(), t, create_graph=True)[0]
    res = ddy + 2 * d * dy + w ** 2 * y
    loss = (res ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if it % 200 == 0:
        print(it, float(loss))

with torch.no_grad():
    tt = torch.rand(500, 1) * 2
    e = exact(tt)
    r2 = 1 - ((u(tt) - e) ** 2).sum() / ((e - e.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
