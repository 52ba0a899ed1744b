import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

SEVERITY = ["minor", "moderate", "severe"]


def doors(n, size=20):
    """Grey pictures of a car door with scratches (minor), dents (moderate) or both (severe)."""
    yy, xx = np.mgrid[:size, :size]
    pics = 0.5 + 0.08 * rng.normal(size=(n, size, size)) + 0.1 * rng.normal(size=(n, 1, 1))
    labels = rng.integers(0, 3, n)
    for pic, label in zip(pics, labels):
        if label in (0, 2):
            row, slope, start = rng.integers(4, 16), rng.uniform(-0.4, 0.4), rng.integers(0, 8)
            for k in range(10):
                pic[int(np.clip(row + slope * k, 0, size - 1)), start + k] += 0.35
        if label in (1, 2):
            cy, cx, r = rng.uniform(5, 15), rng.uniform(5, 15), rng.uniform(2, 3.5)
            pic -= 0.3 * np.exp(-((yy - cy) ** 2 + (xx - cx) ** 2) / (r * r))
    return torch.tensor(pics, dtype=torch.float32).unsqueeze(1), torch.tensor(labels)


class DamageNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2, self.c3 = nn.Conv2d(1, 16, 3), nn.Conv2d(16, 16, 3), nn.Conv2d(16, 32, 3)
        self.d1, self.d2 = nn.Linear(32, 64), nn.Linear(64, 3)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        x = F.relu(self.c3(x)).amax((2, 3))
        x = F.dropout(F.relu(self.d1(x)), 0.2, self.training)
        return self.d2(x)


def loss_of(out, labels):
    return F.cross_entropy(out, labels)


def decide(out):
    return out.argmax(1)


x_train, y_train = doors(1500)
x_val, y_val = doors(500)
net = DamageNet()
optimizer = torch.optim.RMSprop(net.parameters(), lr=1e-3)
for epoch in range(14):
    net.train()
    losses = []
    for idx in torch.randperm(1500).split(25):
        loss = loss_of(net(x_train[idx]), y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    net.eval()
    with torch.no_grad():
        val_acc = (decide(net(x_val)) == y_val).float().mean().item()
    print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f} val_acc {val_acc:.4f}")
print(f"FINAL accuracy={val_acc:.4f}")
