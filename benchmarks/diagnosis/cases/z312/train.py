import os
import math
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

# SIREN-like picture fit: coordinates -> grey value, from a third of the pixels
side = 48
axis = torch.linspace(-1, 1, side)
yy, xx = torch.meshgrid(axis, axis, indexing="ij")
image = 0.5 * torch.sin(7 * xx * yy + 3 * xx) + 0.3 * torch.cos(9 * (xx ** 2 + yy ** 2)) + 0.2 * (xx * yy)
coords, values = torch.stack([xx, yy], -1).view(-1, 2), image.reshape(-1, 1)
perm = torch.randperm(len(coords))
known, unknown = perm[: len(perm) // 3], perm[len(perm) // 3:]


class SineLayer(nn.Module):
    def __init__(self, i, o, first=False, omega=12.0):
        super().__init__()
        self.omega = omega
        self.linear = nn.Linear(i, o)
        bound = 1 / i if first else math.sqrt(6 / i) / omega
        nn.init.uniform_(self.linear.weight, -bound, bound)

    def forward(self, x):
        return torch.sin(self.omega * self.linear(x))


class Siren(nn.Module):
    def __init__(self, width=96):
        super().__init__()
        self.net = nn.Sequential(SineLayer(2, width, first=True), SineLayer(width, width), SineLayer(width, width))
        self.final = nn.Linear(width, 1)
        nn.init.uniform_(self.final.weight, -math.sqrt(6 / width) / 12, math.sqrt(6 / width) / 12)

    def forward(self, x):
        return self.final(self.net(x))


model = Siren()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 500)
for step in range(500):
    loss = ((model(coords[known]) - values[known]) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 100 == 0:
        print(f"step {step}: mse {loss.item():.6f}  psnr {-10 * math.log10(loss.item() / 4):.1f} dB")
with torch.no_grad():
    p = model(coords[unknown])
    r2 = 1 - ((p - values[unknown]) ** 2).sum() / ((values[unknown] - values[unknown].mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
