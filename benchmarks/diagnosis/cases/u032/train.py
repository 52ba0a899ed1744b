import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)


class OneObject(Dataset):
    """24x24 images with one bright rectangle; target is (cx, cy, w, h) as fractions."""

    def __init__(self, n, seed):
        r = np.random.RandomState(seed)
        self.x = r.rand(n, 1, 24, 24).astype("float32") * 0.5
        self.y = np.zeros((n, 4), "float32")
        for i in range(n):
            w, h = r.randint(5, 13, 2)
            x0, y0 = r.randint(0, 24 - w), r.randint(0, 24 - h)
            self.x[i, 0, y0:y0 + h, x0:x0 + w] += 0.5
            self.y[i] = [(x0 + w / 2) / 24, (y0 + h / 2) / 24, w / 24, h / 24]

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return torch.from_numpy(self.x[i]), torch.from_numpy(self.y[i])


class BoxNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 12, 3, padding=1, stride=2)
        self.c2 = nn.Conv2d(12, 24, 3, padding=1, stride=2)
        self.fc1 = nn.Linear(24 * 36, 96)
        self.fc2 = nn.Linear(96, 4)

    def forward(self, x):
        x = F.relu(self.c1(x - 0.4))
        x = F.relu(self.c2(x))
        x = F.relu(self.fc1(x.flatten(1)))
        return torch.sigmoid(self.fc2(x))


def iou(a, b):
    lo = torch.maximum(a[:, :2] - a[:, 2:] / 2, b[:, :2] - b[:, 2:] / 2)
    hi = torch.minimum(a[:, :2] + a[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2)
    inter = (hi - lo).clamp(min=0).prod(1)
    return inter / (a[:, 2:].prod(1) + b[:, 2:].prod(1) - inter)


def fit(net, loader, epochs):
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(epochs):
        net.train()
        for images, boxes in loader:
            loss = F.smooth_l1_loss(net(images), boxes, beta=0.1)
            opt.zero_grad()
            loss.backward()
            opt.step()
            if not torch.isfinite(loss):
                print("stopping, loss is", loss.item())
            break
        print(f"epoch {epoch + 1:02d} loss {loss.item():.5f}")


net = BoxNet()
fit(net, DataLoader(OneObject(1024, 11), batch_size=32, shuffle=True), epochs=25)
net.eval()
hold = OneObject(400, 12)
with torch.no_grad():
    score = iou(net(torch.from_numpy(hold.x)), torch.from_numpy(hold.y)).mean().item()
print(f"FINAL iou={score:.4f}")
