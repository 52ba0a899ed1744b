import os

import torch
from torch import nn, autograd

torch.manual_seed(int(os.environ.get("SEED", 0)))


def real(n):
    u = torch.randn(n)
    return torch.stack([u, u**2 - 1 + 0.3 * torch.randn(n)], 1) / torch.tensor([1.0, 1.45])


def mlp(i, o, width=64):
    return nn.Sequential(
        nn.Linear(i, width), nn.LeakyReLU(0.2), nn.Linear(width, width), nn.LeakyReLU(0.2),
        nn.Linear(width, o),
    )


G, D = mlp(8, 2), mlp(2, 1)
opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.0, 0.9))
opt_d = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.0, 0.9))
STEPS = 500
ema = [p.detach().clone() for p in G.parameters()]
sched_g = torch.optim.lr_scheduler.LambdaLR(opt_g, lambda s: 1 - 0.9 * s / STEPS)
sched_d = torch.optim.lr_scheduler.LambdaLR(opt_d, lambda s: 1 - 0.9 * s / STEPS)

for step in range(STEPS):
    for _ in range(3):
        x, fake = real(128), G(torch.randn(128, 8)).detach()
        mix = torch.rand(128, 1)
        between = (mix * x + (1 - mix) * fake).requires_grad_(True)
        grad = autograd.grad(D(between).sum(), between, create_graph=True)[0]
        penalty = ((grad.norm(dim=1) - 1) ** 2).mean()
        d_loss = D(fake).mean() - D(x).mean() + 1.0 * penalty
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
    g_loss = -D(G(torch.randn(128, 8))).mean()
    opt_g.zero_grad()
    g_loss.backward()
    opt_g.step()
    sched_g.step()
    sched_d.step()
    with torch.no_grad():
        for e, p in zip(ema, G.parameters()):
            e.mul_(0.98).add_(p, alpha=0.02)
    if step % 100 == 0:
        print(f"{step:4d} critic {d_loss.item():+.3f} generator {g_loss.item():+.3f}")

with torch.no_grad():
    for e, p in zip(ema, G.parameters()):
        p.copy_(e)
    fake, fresh, other = G(torch.randn(4000, 8)), real(4000), real(4000)


def sliced(a, b):
    ways = nn.functional.normalize(torch.randn(2, 100), dim=0)
    return ((a @ ways).sort(0).values - (b @ ways).sort(0).values).abs().mean().item()


print(f"real against real {sliced(fresh, other):.4f}")
print(f"FINAL sliced_w1={sliced(fake, fresh):.4f}")
