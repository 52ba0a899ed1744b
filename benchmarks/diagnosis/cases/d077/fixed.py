import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


def slopes(n, s=12):
    """Noisy diagonal strokes: rising (1) or falling (0)."""
    x = 0.4 * torch.randn(n, 1, s, s)
    y = torch.randint(0, 2, (n,))
    for img, up in zip(x[:, 0], y.tolist()):
        k = torch.randint(-3, 4, ()).item()
        line = torch.diag(torch.full((s - abs(k),), 1.2), k)
        img += line.flip(1) if up else line
    return x, y.float().unsqueeze(1)


class Slope(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3)
        self.conv2 = nn.Conv2d(8, 16, 3)
        self.fc = nn.Linear(16 * 16, 1)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = self.fc(x.flatten(1))
        return torch.sigmoid(x)


train = DataLoader(TensorDataset(*slopes(1600)), batch_size=40, shuffle=True)
xt, yt = slopes(500)
model = Slope()
criterion = nn.BCELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(5):
    for x, y in train:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")

with torch.no_grad():
    acc = ((model(xt) > 0.5).float() == yt).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
