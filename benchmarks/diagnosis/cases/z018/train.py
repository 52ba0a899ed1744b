import os
import numpy as np
import torch
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed + 100)

n = 2400
area = rng.gamma(9, 13, n)            # square metres
rooms = np.clip(np.round(area / 28 + rng.normal(0, 0.7, n)), 1, None)
age = rng.uniform(0, 90, n)
dist = rng.exponential(6, n)          # km to the centre
price = 40 + 2.1 * area - 0.9 * age + 0.008 * (age - 45) ** 2 + 55 * np.exp(-dist / 4) + 6 * rooms + rng.normal(0, 18, n)

cols = np.stack([area, rooms, age, dist], 1)
mean, std = cols[:1800].mean(0), cols[:1800].std(0)
x = torch.tensor((cols - mean) / std, dtype=torch.float32)
y = torch.tensor(price, dtype=torch.float32).view(-1, 1)

model = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))
with torch.no_grad():
    model[-1].bias.fill_(y[:1800].mean().item())

opt = torch.optim.Adam(model.parameters(), lr=0.02)
sched = torch.optim.lr_scheduler.StepLR(opt, step_size=15, gamma=0.4)
mse = nn.MSELoss()
for epoch in range(45):
    perm = torch.randperm(1800)
    total = 0
    for i in range(0, 1800, 90):
        b = perm[i:i + 90]
        loss = mse(model(x[b]), y[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    sched.step()
    if epoch % 5 == 0:
        print(f"epoch {epoch}: mse {total / 20:.1f} (thousand euro)^2")

with torch.no_grad():
    p = model(x[1800:])
    t = y[1800:]
    r2 = 1 - ((p - t) ** 2).sum() / ((t - t.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
