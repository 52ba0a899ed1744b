import os

import numpy as np
import torch
from torch import nn, optim

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

SIZE, CLASSES = 18, 4


def fields(n):
    """Aerial views of fields: background, round pond, square barn, road."""
    yy, xx = np.mgrid[:SIZE, :SIZE]
    pics, maps = np.zeros((n, 3, SIZE, SIZE), "float32"), np.zeros((n, SIZE, SIZE), "int64")
    tone = np.array([[0.3, 0.6, 0.3], [0.35, 0.45, 0.6], [0.6, 0.4, 0.35], [0.5, 0.5, 0.5]])
    for k in range(n):
        m = maps[k]
        row = np.random.randint(2, SIZE - 4)
        m[row:row + 2] = 3
        cy, cx, r = np.random.uniform(3, 15), np.random.uniform(3, 15), np.random.uniform(2, 4)
        m[(yy - cy) ** 2 + (xx - cx) ** 2 < r * r] = 1
        y0, x0 = np.random.randint(0, 13, 2)
        m[y0:y0 + 5, x0:x0 + 5] = 2
        pics[k] = tone[m].transpose(2, 0, 1) + np.random.normal(0, 0.12, (3, SIZE, SIZE))
    return torch.from_numpy(pics), torch.from_numpy(maps)


class FieldNet(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(3, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU())
        self.middle = nn.Sequential(nn.Conv2d(width, width, 3, padding=2, dilation=2), nn.BatchNorm2d(width), nn.ReLU())
        self.up = nn.Conv2d(2 * width, CLASSES, 1)
        self.log_probs = nn.LogSoftmax(dim=-1)

    def forward(self, x):
        a = self.down(x)
        b = self.middle(a)
        return self.log_probs(self.up(torch.cat([a, b], dim=1)))


def mean_iou(pred, truth):
    scores = []
    for c in range(CLASSES):
        p, t = pred == c, truth == c
        scores.append((p & t).sum().item() / max((p | t).sum().item(), 1))
    return float(np.mean(scores))


x_train, m_train = fields(500)
x_test, m_test = fields(150)
model = FieldNet()
criterion = nn.NLLLoss()
optimizer = optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(10):
    model.train()
    for rows in torch.randperm(500).split(10):
        loss = criterion(model(x_train[rows]), m_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        iou = mean_iou(model(x_test).argmax(1), m_test)
    print(f"epoch {epoch + 1:2d}  nll {loss.item():.4f}  mean IoU {iou:.4f}")
print(f"FINAL iou={iou:.4f}")
