import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

n = 5000
area = rng.gamma(4, 25, n)
rooms = np.clip((area / 28 + rng.normal(0, 0.8, n)).round(), 1, 9)
age = rng.uniform(0, 90, n)
dist = rng.exponential(6, n)
lake = rng.random(n) < 0.15
price = 1.2 + 0.032 * area + 0.25 * rooms + 2.0 * np.exp(-dist / 4) - 0.012 * age + lake * (0.5 + 0.006 * area)
price = price + rng.normal(0, 0.35, n)
table = np.stack([area, rooms, age, dist, lake], 1)
table = (table - table.mean(0)) / table.std(0)

full = TensorDataset(torch.tensor(table, dtype=torch.float32), torch.tensor(price, dtype=torch.float32)[:, None])
train, test = random_split(full, [4000, 1000])
loader = DataLoader(train, batch_size=64, shuffle=True)


class PriceNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(5, 64), nn.ELU(), nn.Linear(64, 64), nn.ELU(), nn.Linear(64, 1))

    def forward(self, rows):
        return self.net(rows)


model = PriceNet()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=8, gamma=0.3)
criterion = nn.HuberLoss()
for epoch in range(20):
    model.train()
    total = 0.0
    for rows, target in loader:
        optimizer.zero_grad()
        loss = criterion(model(rows), target)
        loss.backward()
        optimizer.step()
        total += loss.item()
    scheduler.step()
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1}: huber {total / len(loader):.4f}")

model.eval()
rows, target = test[:]
with torch.no_grad():
    pred = model(rows)
    r2 = 1 - ((pred - target) ** 2).sum() / ((target - target.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
