import os

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

seed = int(os.environ.get("SEED", "0"))
torch.manual_seed(seed)


class Leaves(Dataset):
    """Binary silhouettes, 24 x 24 pixels of 4 mm; the target is the area."""

    def __init__(self, n, seed):
        r = np.random.default_rng(seed)
        yy, xx = np.mgrid[:24, :24] - 11.5
        self.pictures, self.areas = [], []
        for _ in range(n):
            a, b, t = r.uniform(3, 10), r.uniform(2, 6), r.uniform(0, np.pi)
            cx, cy = r.uniform(-2, 2, 2)
            u = (xx - cx) * np.cos(t) + (yy - cy) * np.sin(t)
            v = -(xx - cx) * np.sin(t) + (yy - cy) * np.cos(t)
            picture = ((u / a) ** 2 + (v / b) ** 2 < 1).astype(np.float32)
            self.pictures.append(np.clip(picture + r.normal(0, 0.15, picture.shape), 0, 1))
            self.areas.append(np.pi * a * b * 16)
        self.pictures = torch.tensor(np.array(self.pictures), dtype=torch.float32).unsqueeze(1)
        self.areas = torch.tensor(self.areas, dtype=torch.float32)

    def __len__(self):
        return len(self.areas)

    def __getitem__(self, i):
        return self.pictures[i], self.areas[i]


class AreaNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 8, 3, stride=2, padding=1)
        self.c2 = nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.fc1 = nn.Linear(16 * 36, 32)
        self.fc2 = nn.Linear(32, 1)

    def forward(self, x):
        x = F.relu(self.c2(F.relu(self.c1(x)))) - 0.1
        return self.fc2(F.relu(self.fc1(x.flatten(1)))).squeeze(-1)


train, test = Leaves(1600, seed), Leaves(400, seed + 1000)
loader = DataLoader(train, batch_size=32, shuffle=True)
shift, scale = 0.0, 1.0
net = AreaNet()
optimizer = torch.optim.Adam(net.parameters(), lr=5e-4)
for epoch in range(8):
    mean = 0.0
    for pictures, areas in loader:
        optimizer.zero_grad()
        loss = F.l1_loss(net(pictures), (areas - shift) / scale)
        loss.backward()
        optimizer.step()
        mean += loss.item() / len(loader)
    print(f"epoch {epoch}: mean absolute error {mean * scale:.1f} mm2")

with torch.no_grad():
    guess = net(test.pictures) * scale + shift
r2 = 1 - ((guess - test.areas) ** 2).sum() / ((test.areas - test.areas.mean()) ** 2).sum()
print(f"FINAL r2={r2:.4f}")
