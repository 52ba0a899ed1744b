import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

# 60 glyph classes made of random strokes; 40 for training, 20 that are never trained on
protos = np.zeros((60, 12, 12), "float32")
maker = np.random.RandomState(11)
for g in range(60):
    for _ in range(3):
        p, q = maker.uniform(1.5, 10, 2), maker.uniform(1.5, 10, 2)
        for s in np.linspace(0, 1, 20):
            r, c = (p + s * (q - p)).round().astype(int)
            protos[g, r, c] = 1
protos = torch.from_numpy(protos)


def draw(classes, k):
    """k shifted and noisy drawings of each class"""
    base = protos[classes].repeat_interleave(k, 0)
    out = torch.empty_like(base)
    for i in range(len(base)):
        out[i] = torch.roll(base[i], (np.random.randint(-1, 2), np.random.randint(-1, 2)), (0, 1))
    return (out + 0.25 * torch.randn_like(out)).unsqueeze(1)


def episode(pool, way, shot, query):
    classes = np.random.choice(pool, way, replace=False)
    labels = torch.arange(way).repeat_interleave(query)     # numbers are valid in this episode only
    return draw(classes, shot), draw(classes, query), labels


def block(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2))


class ProtoNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(block(1, 24), block(24, 32), nn.Flatten())

    def forward(self, support, query, way):
        z = self.encoder(torch.cat([support, query]))
        s, q = z[: len(support)], z[len(support):]
        centre = s.view(way, -1, s.shape[1]).mean(1)
        return -torch.cdist(q, centre).pow(2) / z.shape[1] * 4


net = ProtoNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
train_pool, test_pool = np.arange(40), np.arange(40, 60)
for it in range(260):
    net.train()
    s, q, y = episode(train_pool, 8, 3, 4)
    loss = F.cross_entropy(net(s, q, 8), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 50 == 0:
        print(f"episode {it} loss {loss.item():.4f}")

net.eval()
right = []
with torch.no_grad():
    for _ in range(60):
        s, q, y = episode(test_pool, 5, 3, 5)
        right.append((net(s, q, 5).argmax(1) == y).float().mean().item())
print(f"FINAL accuracy={np.mean(right):.4f}")
