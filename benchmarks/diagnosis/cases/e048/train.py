import os
import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
torch.manual_seed(seed)


class StochasticBlock(nn.Module):
    def __init__(self, channels, survival):
        super().__init__()
        self.survival = survival
        self.branch = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels),
        )
        nn.init.zeros_(self.branch[-1].weight)

    def forward(self, x):
        if not self.training:
            return F.relu(x + self.survival * self.branch(x))
        if random.random() > self.survival:
            return x
        return F.relu(x + self.branch(x))


class Net(nn.Module):
    def __init__(self, depth=6, channels=24):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU())
        self.blocks = nn.ModuleList(StochasticBlock(channels, 1 - 0.5 * (i + 1) / depth) for i in range(depth))
        self.fc = nn.Linear(channels, 10)

    def forward(self, x):
        x = self.stem(x)
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i == 2:
                x = F.max_pool2d(x, 2)
        return self.fc(x.amax((2, 3)))


digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 8 - 1
x = x + 0.3 * torch.randn_like(x)
y = torch.tensor(digits.target)
perm = torch.randperm(len(x))
train = TensorDataset(x[perm[:1400]], y[perm[:1400]])
val_x, val_y = x[perm[1400:]], y[perm[1400:]]
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [8, 11], 0.2)
for epoch in range(12):
    model.train()
    for xb, yb in DataLoader(train, batch_size=50, shuffle=True):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
    scheduler.step()
    model.eval()
    with torch.no_grad():
        out = model(val_x)
        print(f"epoch {epoch} train {loss.item():.4f} val {F.cross_entropy(out, val_y).item():.4f}")
print(f"FINAL accuracy={(out.argmax(1) == val_y).float().mean().item():.4f}")
