import math
import os

import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


def readings(n):
    """Three operating points of a pump, in units of the overall spread."""
    which = torch.multinomial(torch.tensor([0.5, 0.2, 0.3]), n, replacement=True)
    centre, width = torch.tensor([-1.0, 0.3, 1.3]), torch.tensor([0.15, 0.08, 0.3])
    return (centre[which] + width[which] * torch.randn(n)).unsqueeze(1)


class Velocity(nn.Module):
    """v(x, t) of a straight-line flow from noise (t = 0) to data (t = 1)."""

    def __init__(self, width=64):
        super().__init__()
        self.register_buffer("freq", torch.exp(torch.linspace(0, math.log(12), 4)))
        self.net = nn.Sequential(
            nn.Linear(1 + 8, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(),
            nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1),
        )

    def forward(self, x, t):
        ang = t[:, None] * self.freq
        return self.net(torch.cat([x, ang.sin(), ang.cos()], 1))


data = readings(20000)
model, smooth = Velocity(), Velocity()
smooth.load_state_dict(model.state_dict())
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
STEPS = 1000
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS, eta_min=5e-5)
for step in range(STEPS):
    x1 = data[torch.randint(0, len(data), (2048,))]
    x0 = torch.randn_like(x1)
    t = torch.rand(2048)
    xt = (1 - t[:, None]) * x0 + t[:, None] * x1
    loss = (model(xt, t) - (x1 - x0)).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    with torch.no_grad():
        for s, p in zip(smooth.parameters(), model.parameters()):
            s.lerp_(p, 0.01)
    if step % 200 == 0:
        print(f"step {step} loss {loss.item():.4f}")


@torch.no_grad()
def generate(n, steps=30):
    x, h = torch.randn(n, 1), 1 / steps
    for i in range(steps):
        t = torch.full((n,), i * h)
        half = x + 0.5 * h * smooth(x, t)
        x = x + h * smooth(half, t + 0.5 * h)
    return x


def wasserstein(a, b):
    return (a.sort(0).values - b.sort(0).values).abs().mean().item()


fresh = readings(10000)
print(f"real against real {wasserstein(readings(10000), fresh):.4f}")
print(f"fitted Gaussian {wasserstein(fresh.mean() + fresh.std() * torch.randn(10000, 1), fresh):.4f}")
print(f"FINAL w1={wasserstein(generate(10000), fresh):.4f}")
