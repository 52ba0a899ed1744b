import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def true_field(s):
    x, v = s[..., :1], s[..., 1:]
    return torch.cat([v, (1 - x * x) * v - x], -1)      # van der Pol


def rk4(f, s, h):
    k1 = f(s)
    k2 = f(s + h / 2 * k1)
    k3 = f(s + h / 2 * k2)
    k4 = f(s + h * k3)
    return s + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def roll(f, s, steps, h=0.1):
    path = [s]
    for _ in range(steps):
        path.append(rk4(f, path[-1], h))
    return torch.stack(path, 1)


class Field(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, 2))
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, s):
        return self.net(s)


with torch.no_grad():
    train_paths = roll(true_field, torch.rand(60, 2) * 4 - 2, 40)
    train_paths = train_paths + 0.01 * torch.randn_like(train_paths)
    test_paths = roll(true_field, torch.rand(100, 2) * 4 - 2, 30)

field = Field()
optimizer = torch.optim.Adam(field.parameters(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 450, 1e-4)
for it in range(450):
    span = 4 if it < 200 else 10          # longer windows later on
    row = torch.randint(0, 60, (48,))
    at = torch.randint(0, 40 - span, (48,))
    window = train_paths[row[:, None], at[:, None] + torch.arange(span + 1)]
    guess = roll(field, window[:, 0], span)
    loss = (guess - window).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    if it % 75 == 0:
        print(f"it {it:3d} window {span} loss {loss.item():.4f}")

with torch.no_grad():
    guess = roll(field, test_paths[:, 0], 30)
    r2 = 1 - (guess - test_paths).pow(2).sum() / (test_paths - test_paths.mean((0, 1))).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
