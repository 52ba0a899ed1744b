"""A tiny inflated 3D convnet for motion clips."""
import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rs = np.random.RandomState(seed)


def clips(n, frames=8, size=14):
    """A bright square that moves left, right, up, down, shrinks or grows."""
    x = 0.7 * rs.randn(n, 1, frames, size, size)
    y = rs.randint(0, 6, n)
    for i in range(n):
        pos = rs.uniform(5, size - 5, 2)
        half = 1.8
        v = rs.uniform(0.35, 0.6)
        for t in range(frames):
            s = t - frames / 2
            d = {0: (0, -s * v), 1: (0, s * v), 2: (-s * v, 0), 3: (s * v, 0)}.get(y[i], (0, 0))
            h = half + {4: -0.3 * s, 5: 0.3 * s}.get(y[i], 0)
            r0, r1 = int(round(pos[0] + d[0] - h)), int(round(pos[0] + d[0] + h))
            c0, c1 = int(round(pos[1] + d[1] - h)), int(round(pos[1] + d[1] + h))
            x[i, 0, t, max(r0, 0):max(r1, 0) + 1, max(c0, 0):max(c1, 0) + 1] += 1
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


class Unit3D(nn.Module):
    def __init__(self, in_channels, output_channels, kernel_shape=(3, 3, 3), activation_fn=F.relu, use_batch_norm=True):
        super().__init__()
        self.activation_fn = activation_fn
        self.conv3d = nn.Conv3d(in_channels, output_channels, kernel_shape, padding=[k // 2 for k in kernel_shape], bias=not use_batch_norm)
        self.bn = nn.BatchNorm3d(output_channels) if use_batch_norm else None

    def forward(self, x):
        x = self.conv3d(x)
        if self.bn is not None:
            x = self.bn(x)
        return x if self.activation_fn is None else self.activation_fn(x)


class InceptionI3d(nn.Module):
    def __init__(self, num_classes=6, dropout_keep_prob=0.9):
        super().__init__()
        self.unit1 = Unit3D(1, 12)
        self.pool1 = nn.MaxPool3d((1, 2, 2))
        self.unit2 = Unit3D(12, 24)
        self.pool2 = nn.MaxPool3d((2, 2, 2), ceil_mode=True)
        self.unit3 = Unit3D(24, 16)
        self.avg_pool = nn.AdaptiveAvgPool3d(1)
        self.dropout = nn.Dropout(1 - dropout_keep_prob)
        self.logits = nn.Conv3d(16, num_classes, 1)

    def forward(self, x):
        x = self.pool1(self.unit1(x))
        x = self.pool2(self.unit2(x))
        x = self.avg_pool(self.unit3(x))
        return self.logits(self.dropout(x)).mean((2, 3, 4))


train_x, train_y = clips(700)
val_x, val_y = clips(300)
i3d = InceptionI3d()
optimizer = torch.optim.SGD(i3d.parameters(), lr=0.03, momentum=0.9, weight_decay=1e-4)
for epoch in range(5):
    i3d.train()
    tot = 0.0
    for b in torch.randperm(len(train_x)).split(28):
        loss = F.cross_entropy(i3d(train_x[b]), train_y[b])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        tot += loss.item() / 25
    i3d.eval()
    with torch.no_grad():
        acc = (i3d(val_x).argmax(1) == val_y).float().mean().item()
    print(f"epoch {epoch} Cls Loss {tot:.4f} val acc {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
