import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rs = np.random.RandomState(seed)


def scans(n):
    """Volumes of 8 slices; the age of the subject follows from size and texture."""
    z, a, b = np.mgrid[:8, :10, :10]
    vol = np.zeros((n, 1, 8, 10, 10), np.float32)
    age = rs.uniform(-1, 1, n)
    for i in range(n):
        r = 3.0 + 1.2 * age[i]
        c = rs.uniform(-0.7, 0.7, 3)
        body = ((z - 3.5 - c[0]) ** 2 + (a - 4.5 - c[1]) ** 2 + (b - 4.5 - c[2]) ** 2) < r * r
        vol[i, 0] = rs.uniform(0.5, 1.5) * (body * (1 + 0.3 * rs.randn(8, 10, 10)) + 0.1 * rs.randn(8, 10, 10))
    return torch.from_numpy(vol), torch.tensor(age[:, None], dtype=torch.float32)


class AgeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv3d(1, 8, 3, padding=1), nn.BatchNorm3d(8), nn.ReLU(), nn.MaxPool3d(2))
        self.conv2 = nn.Sequential(nn.Conv3d(8, 16, 3, padding=1), nn.BatchNorm3d(16), nn.ReLU(), nn.AdaptiveAvgPool3d(2))
        self.regressor = nn.Sequential(
            nn.Flatten(), nn.Linear(128, 64), nn.BatchNorm1d(64), nn.ReLU(),
            nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 1),
        )

    def forward(self, x):
        return self.regressor(self.conv2(self.conv1(x)))


train, test = TensorDataset(*scans(600)), TensorDataset(*scans(200))
batch_size = 2
loader = DataLoader(train, batch_size=batch_size, shuffle=True, drop_last=True)
net = AgeNet()
optimizer = torch.optim.Adam(net.parameters(), lr=5e-4)
criterion = nn.MSELoss()

for epoch in range(6):
    net.train()
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch}: train mse {total / len(loader):.4f}")

net.eval()
with torch.no_grad():
    x, y = test.tensors
    pred = torch.cat([net(x[i:i + 1]) for i in range(len(x))])
    r2 = 1 - ((pred - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
