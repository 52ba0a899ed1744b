import math
import os

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Tides(Dataset):
    def __init__(self, n, window=24):
        t = torch.arange(n + window + 1).float()
        level = torch.sin(2 * math.pi * t / 12.4) + 0.5 * torch.sin(2 * math.pi * t / 25.8 + 1) + 0.3 * torch.sin(t / 40)
        self.level = level + 0.05 * torch.randn_like(level)
        self.window, self.n = window, n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return self.level[i:i + self.window, None], self.level[i + self.window]


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(1, 32, batch_first=True)
        self.fc = nn.Linear(32, 1)

    def forward(self, x):
        _, (h, _) = self.lstm(x)
        return self.fc(h[-1]).squeeze(-1)


series = Tides(2400)
train = torch.utils.data.Subset(series, range(2000))
test = torch.utils.data.Subset(series, range(2000, 2400))
model = Forecaster()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
mse = nn.MSELoss()
for epoch in range(6):
    model.train()
    total = 0.0
    for x, y in DataLoader(train, batch_size=40, shuffle=True):
        loss = mse(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch} mse {total / 50:.4f}")

model.eval()
x, y = next(iter(DataLoader(test, batch_size=400)))
with torch.no_grad():
    p = model(x)
    r2 = 1 - ((p - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
