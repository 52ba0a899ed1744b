import math
import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
RHO, DIM = 0.7, 3
TRUE_MI = -0.5 * DIM * math.log(1 - RHO ** 2)


def pairs(n):
    x = torch.randn(n, DIM)
    return x, RHO * x + math.sqrt(1 - RHO ** 2) * torch.randn(n, DIM)


class Critic(nn.Module):
    def __init__(self, h=96):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2 * DIM, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU(), nn.Linear(h, 1))

    def forward(self, x, y):
        return self.body(torch.cat([x, y], 1)).squeeze(1)


critic = Critic()
opt = torch.optim.Adam(critic.parameters(), lr=1e-3)
running = None
for step in range(1500):
    x, y = pairs(256)
    joint = critic(x, y)
    apart = critic(x, y[torch.randperm(len(y))])
    m = apart.exp().mean()
    running = m.item() if running is None else 0.95 * running + 0.05 * m.item()
    # gradient of log(m) with a moving average in the denominator
    loss = -(joint.mean() - m / running)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(critic.parameters(), 1.0)
    opt.step()
    if step % 250 == 0:
        print(f"step {step} loss {loss.item():+.4f} bound {(joint.mean() - m.log()).item():.4f} (true {TRUE_MI:.4f})")

critic.eval()
with torch.no_grad():
    x, y = pairs(20000)
    bound = critic(x, y).mean() - critic(x, y[torch.randperm(len(y))]).exp().mean().log()
    error = abs(bound.item() - TRUE_MI) / TRUE_MI
print(f"FINAL relative_error={error:.4f}")
