import os
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
BEACONS = 60


def fixes(n):
    where = torch.rand(n, 2) * 2 - 1
    beacon = torch.rand(n, BEACONS, 2) * 2 - 1
    distance = (beacon - where.unsqueeze(1)).norm(dim=2, keepdim=True)
    strength = 2.0 / (0.3 + distance) + 0.1 * torch.randn(n, BEACONS, 1)
    return torch.cat([beacon * 2, strength], 2), where / 0.577


class Tracker(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.each = nn.Sequential(nn.Linear(3, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.pool = nn.Sequential(nn.Linear(width, width), nn.Tanh())
        self.head = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 2))
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.xavier_uniform_(m.weight)

    def forward(self, beacons):
        h = self.each(beacons).mean(dim=1)
        return self.head(self.pool(h))


train = DataLoader(TensorDataset(*fixes(1200)), batch_size=40, shuffle=True)
x_test, y_test = fixes(400)
net = Tracker()
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(8):
    total = 0.0
    for x, y in train:
        loss = nn.functional.mse_loss(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch}: {total / len(train):.4f}")

with torch.no_grad():
    r2 = 1 - (net(x_test) - y_test).pow(2).sum() / (y_test - y_test.mean(0)).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
