import math
import os

import torch
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)


class SineFit(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(1, 40), nn.Tanh(), nn.Linear(40, 40), nn.Tanh(), nn.Linear(40, 1))

    def forward(self, t):
        return self.layers(t / 3.0)


def sample(n):
    t = (torch.rand(n, 1) - 0.5) * 12.0
    return t, torch.sin(t)


model = SineFit()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
STEPS = 3000
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS, eta_min=1e-6)
t_train, s_train = sample(500)
t_test, s_test = sample(500)
for step in range(STEPS):
    pick = torch.randint(0, 500, (64,))
    loss = ((model(t_train[pick]) - s_train[pick]) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    if step % 500 == 0:
        print(f"step {step}: mse {loss.item():.5f}, lr {schedule.get_last_lr()[0]:.2e}")

with torch.no_grad():
    rmse = ((model(t_test) - s_test) ** 2).mean().sqrt().item()
    r2 = 1 - rmse ** 2 / s_test.var().item()
print(f"largest error at a multiple of pi: {model(torch.arange(-1, 2).view(-1, 1) * math.pi).abs().max().item():.4f}")
print(f"FINAL r2={r2:.4f}")
