import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Vessels(Dataset):
    """Curved bright lines on an uneven background, with their masks."""

    def __init__(self, n, seed, size=24):
        r = np.random.RandomState(seed)
        self.items = []
        t = np.linspace(0, 1, 120)
        for _ in range(n):
            img = r.normal(0, 0.35, (size, size)) + np.linspace(0, r.uniform(-0.6, 0.6), size)[:, None]
            mask = np.zeros((size, size))
            for _ in range(r.randint(1, 3)):
                p = r.uniform(0, size - 1, (3, 2))
                curve = (1 - t)[:, None] ** 2 * p[0] + 2 * (t * (1 - t))[:, None] * p[1] + t[:, None] ** 2 * p[2]
                i, j = np.round(curve).astype(int).T
                mask[i, j] = 1
            img = img + mask * 1.2
            self.items.append((torch.tensor(img[None]).float(), torch.tensor(mask[None]).float()))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


def double_conv(cin, cout):
    return nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1), nn.ReLU(inplace=True),
                         nn.Conv2d(cout, cout, 3, padding=1), nn.ReLU(inplace=True))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1 = double_conv(1, 8)
        self.down2 = double_conv(8, 16)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.merge = double_conv(16, 8)
        self.out = nn.Sequential(nn.Conv2d(8, 1, 1), nn.Sigmoid())

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(self.pool(a))
        return self.out(self.merge(torch.cat([a, self.up(b)], dim=1)))


net = UNet()
criterion = nn.BCELoss()
optimizer = torch.optim.Adam(net.parameters(), lr=4e-3)
train_loader = DataLoader(Vessels(300, SEED), batch_size=5, shuffle=True)
test = Vessels(120, 1000 + SEED)

for epoch in range(5):
    net.train()
    total = 0
    for image, mask in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(image), mask)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch + 1} loss {total / len(train_loader):.4f}")

net.eval()
images = torch.stack([a for a, _ in test.items])
masks = torch.stack([b for _, b in test.items]).bool()
with torch.no_grad():
    predicted = net(images) > 0.5
iou = (predicted & masks).sum() / (predicted | masks).sum().clamp(min=1)
print(f"FINAL iou={iou.item():.4f}")
