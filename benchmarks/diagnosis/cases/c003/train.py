import math
import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 2 * width)
        self.act = nn.GELU()
        self.down = nn.Linear(2 * width, width)
        # every block starts as the identity
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.down.bias)

    def forward(self, x):
        return x + self.down(self.act(self.up(self.norm(x))))


class ResMLP(nn.Module):
    def __init__(self, d_in, width=48, depth=5):
        super().__init__()
        self.stem = nn.Linear(d_in, width)
        self.blocks = nn.ModuleList([Block(width) for _ in range(depth)])
        self.head = nn.Linear(width, 1)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x).squeeze(-1)


def friction(x):
    a, b, c, d = x[:, 0], x[:, 1], x[:, 2], x[:, 3]
    return torch.sin(2 * a) * b + 0.7 * torch.tanh(2 * c) - 0.4 * d ** 2


x = torch.randn(4000, 6)
y = friction(x) + 0.05 * torch.randn(4000)
mu, sd = y[:3200].mean(), y[:3200].std()
y = (y - mu) / sd

model = ResMLP(6)
opt = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-2)
steps = 700
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=steps)
for step in range(steps):
    idx = torch.randint(0, 3200, (64,))
    loss = nn.functional.mse_loss(model(x[idx]), y[idx])
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    sched.step()
    if step % 100 == 0:
        print(f"step {step:4d}  rmse {math.sqrt(loss.item()):.3f}")

with torch.no_grad():
    pred = model(x[3200:])
    r2 = 1 - ((pred - y[3200:]) ** 2).sum() / ((y[3200:] - y[3200:].mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
