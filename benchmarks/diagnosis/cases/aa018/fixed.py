import math
import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


class InitMixin:
    """Framework-wide initialisation, called at the end of every constructor."""

    def post_init(self):
        for m in self.modules():
            if isinstance(m, nn.Linear) and not getattr(m, "ready", False):
                nn.init.kaiming_normal_(m.weight)
                nn.init.zeros_(m.bias)


class SineLayer(nn.Module):
    def __init__(self, n_in, n_out, omega=25.0, first=False):
        super().__init__()
        self.omega = omega
        self.linear = nn.Linear(n_in, n_out)
        bound = 1 / n_in if first else math.sqrt(6 / n_in) / omega
        nn.init.uniform_(self.linear.weight, -bound, bound)
        self.linear.ready = True

    def forward(self, x):
        return torch.sin(self.omega * self.linear(x))


class ImplicitImage(nn.Module, InitMixin):
    def __init__(self, width=64, depth=2):
        super().__init__()
        self.layers = nn.Sequential(SineLayer(2, width, first=True), *[SineLayer(width, width) for _ in range(depth)])
        self.head = nn.Linear(width, 1)
        self.post_init()

    def forward(self, xy):
        return self.head(self.layers(xy))


def picture(xy):
    x, y = xy[:, :1], xy[:, 1:]
    r = (x**2 + y**2).sqrt()
    return torch.sin(9 * r) * torch.exp(-r) + 0.4 * torch.sign(torch.sin(6 * x + 2)) * (y > 0)


side = torch.linspace(-1, 1, 48)
grid = torch.cartesian_prod(side, side)
pick = torch.rand(len(grid), generator=torch.Generator().manual_seed(4)) < 0.6
seen, unseen = grid[pick], grid[~pick]
target, held = picture(seen), picture(unseen)

model = ImplicitImage()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-4)
for step in range(500):
    idx = torch.randint(0, len(seen), (512,))
    loss = (model(seen[idx]) - target[idx]).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 100 == 0:
        print(f"{step:4d} psnr {-10 * math.log10(loss.item()):.2f}")

with torch.no_grad():
    r2 = 1 - (model(unseen) - held).pow(2).sum() / (held - held.mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
