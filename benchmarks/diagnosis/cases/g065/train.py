import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)


def scenes(n, s=20):
    images = 0.2 * rng.randn(n, 1, s, s).astype(np.float32)
    classes = rng.randint(0, 3, n)
    boxes = np.zeros((n, 3), dtype=np.float32)
    for i in range(n):
        half = rng.randint(2, 5)
        r, c = rng.randint(half, s - half, 2)
        yy, xx = np.mgrid[:s, :s]
        if classes[i] == 0:
            m = np.maximum(abs(yy - r), abs(xx - c)) <= half
        elif classes[i] == 1:
            m = abs(yy - r) + abs(xx - c) <= half
        else:
            m = (np.maximum(abs(yy - r), abs(xx - c)) <= half) & ((yy == r) | (xx == c))
        images[i, 0][m] += 1
        boxes[i] = [r / s, c / s, 2 * half / s]
    return torch.from_numpy(images), torch.from_numpy(classes), torch.from_numpy(boxes)


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten(),
            nn.Linear(32 * 25, 64), nn.ReLU(),
        )
        self.cls_head = nn.Linear(64, 3)
        self.box_head = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 3))

    def forward(self, x):
        h = self.backbone(x)
        return self.cls_head(h), self.box_head(h)


train_loader = DataLoader(TensorDataset(*scenes(1500)), batch_size=32, shuffle=True)
images, classes, boxes = scenes(500)
model = Detector()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(8):
    sums = {"cls": 0.0, "box": 0.0, "total": 0.0}
    for x, c, b in train_loader:
        scores, pred = model(x)
        losses = {"cls": F.cross_entropy(scores, c), "box": F.smooth_l1_loss(pred, b).item()}
        total = losses["cls"] + 5.0 * losses["box"]
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        for key in losses:
            sums[key] += float(losses[key])
        sums["total"] += total.item()
    print(epoch, {k: round(v / len(train_loader), 4) for k, v in sums.items()})

with torch.no_grad():
    scores, pred = model(images)
half_p, half_t = pred[:, 2:].clamp(min=0.02) / 2, boxes[:, 2:] / 2
low = torch.maximum(pred[:, :2] - half_p, boxes[:, :2] - half_t)
high = torch.minimum(pred[:, :2] + half_p, boxes[:, :2] + half_t)
inter = (high - low).clamp(min=0).prod(1)
union = (2 * half_p).squeeze(1) ** 2 + (2 * half_t).squeeze(1) ** 2 - inter
hit = (inter / union > 0.3) & (scores.argmax(1) == classes)
print(f"FINAL detection_rate={hit.float().mean().item():.4f}")
