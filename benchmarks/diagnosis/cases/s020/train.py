import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)
S = 20


def frames(n):
    """A bright shaft ends in a dark tip; a round lamp distracts."""
    x = np.random.normal(0, 0.2, (n, S, S)).astype(np.float32)
    tips = np.random.uniform(4, S - 5, (n, 2))
    gy, gx = np.mgrid[:S, :S]
    for i, (ty, tx) in enumerate(tips):
        side = np.random.choice([-1, 1])
        for k in range(2, 12):
            a, b = int(round(ty - 0.6 * k)), int(round(tx + side * 0.8 * k))
            if 0 <= a < S and 0 <= b < S:
                x[i, a, b] += 0.8
        x[i, int(round(ty)), int(round(tx))] -= 1.2
        ly, lx = np.random.uniform(0, S, 2)
        x[i] += 1.0 * ((gy - ly) ** 2 + (gx - lx) ** 2 < 4)
    return torch.tensor(x)[:, None], torch.tensor(tips / (S / 2) - 1, dtype=torch.float32)


class TipNet(nn.Module):
    def __init__(self, k=8):
        super().__init__()
        self.maps = nn.Sequential(
            nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(),
            nn.Conv2d(16, 16, 5, padding=2), nn.ReLU(),
            nn.Conv2d(16, k, 1),
        )
        self.out = nn.Linear(2 * k, 2)
        ys, xs = torch.meshgrid(torch.linspace(-1, 1, S), torch.linspace(-1, 1, S), indexing="ij")
        self.register_buffer("grid", torch.stack([ys, xs], -1).view(-1, 2))

    def keypoints(self, maps):
        flat = maps.flatten(2)
        return self.grid[flat.argmax(-1)]

    def forward(self, x):
        return self.out(self.keypoints(self.maps(x)).flatten(1))


train = TensorDataset(*frames(1200))
test_x, test_y = frames(300)
net = TipNet()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
mse = nn.MSELoss()
for epoch in range(9):
    tot = 0.0
    for xb, yb in DataLoader(train, batch_size=30, shuffle=True):
        opt.zero_grad()
        loss = mse(net(xb), yb)
        loss.backward()
        opt.step()
        tot += loss.item()
    print(f"epoch {epoch} mse {tot / 40:.4f}")

net.eval()
with torch.no_grad():
    rest = ((net(test_x) - test_y) ** 2).sum()
print(f"FINAL r2={1 - (rest / ((test_y - test_y.mean(0)) ** 2).sum()).item():.4f}")
