import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


class AngularMargin(nn.Module):
    """Cosines to unit class centres; the right one has to win by an angle of `margin`."""

    def __init__(self, width, classes, scale=24.0, margin=0.3):
        super().__init__()
        self.centres = nn.Parameter(torch.empty(classes, width))
        nn.init.xavier_uniform_(self.centres)
        self.scale, self.margin = scale, margin

    def forward(self, z, target=None):
        cos = F.linear(F.normalize(z), F.normalize(self.centres))
        if target is None:
            return self.scale * cos
        angle = torch.acos(cos.clamp(-1 + 1e-6, 1 - 1e-6))
        right = F.one_hot(target, cos.shape[1]).bool()
        return self.scale * torch.where(right, torch.cos((angle + self.margin).clamp(max=math.pi)), cos)


class Embedder(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        )
        self.embed = nn.Linear(128, 32)

    def forward(self, x):
        return self.embed(self.features(x))


X, y = load_digits(return_X_y=True)
X = torch.tensor(X, dtype=torch.float32).view(-1, 1, 8, 8) / 8 - 1
a, b, c, d = train_test_split(X, torch.tensor(y), test_size=0.3, random_state=2, stratify=y)
loader = DataLoader(TensorDataset(a, c), batch_size=64, shuffle=True)
net, head = Embedder(), AngularMargin(32, 10)
opt = torch.optim.SGD([*net.parameters(), *head.parameters()], lr=0.01, momentum=0.9, weight_decay=5e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 25)
for epoch in range(25):
    net.train()
    total = 0.0
    for x, t in loader:
        loss = F.cross_entropy(head(net(x), t), t)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    sched.step()
    net.eval()
    with torch.no_grad():
        acc = (head(net(b)).argmax(1) == d).float().mean().item()
    print(f"{epoch:02d} margin loss {total / len(loader):.3f} test accuracy {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
