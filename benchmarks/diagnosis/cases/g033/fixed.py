import os
import numpy as np
import torch
from torch import nn, optim
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)


def spots(n, size=18):
    """where is the bright spot? a faint and larger one distracts"""
    images = 0.3 * np.random.randn(n, 1, size, size)
    targets = np.random.uniform(3, size - 4, (n, 2))
    distract = np.random.uniform(2, size - 3, (n, 2))
    g = np.mgrid[:size, :size]
    for i in range(n):
        d = ((g - targets[i][:, None, None]) ** 2).sum(0)
        e = ((g - distract[i][:, None, None]) ** 2).sum(0)
        images[i, 0] += 2 * np.exp(-d / 2) + 0.8 * np.exp(-e / 10)
    return torch.tensor(images).float(), torch.tensor((targets - size / 2) / (size / 2)).float()


class Locator(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
        )
        self.fc = nn.Sequential(nn.Flatten(), nn.Linear(16 * 81, 64), nn.ReLU(), nn.Linear(64, 2))

    def forward(self, x):
        return self.fc(self.conv(x))


def run():
    train_loader = DataLoader(TensorDataset(*spots(1200)), batch_size=24, shuffle=True)
    model = Locator()
    criterion = nn.MSELoss()
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    scheduler = StepLR(optimizer, step_size=3, gamma=0.3)
    for epoch in range(8):
        model.train()
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        print(f"epoch {epoch + 1}/8 loss {total / len(train_loader):.5f}")
    return model


model = run()
model.eval()
x, y = spots(400)
with torch.no_grad():
    rest = ((model(x) - y) ** 2).sum() / ((y - y.mean(0)) ** 2).sum()
print(f"FINAL r2={1 - rest.item():.4f}")
