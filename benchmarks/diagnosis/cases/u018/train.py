import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rs = np.random.RandomState(SEED)
SIZE = 32


def scenes(n):
    """A bright box or disc on clutter; target: class and box (cx, cy, w, h) in units of the image."""
    img = rs.rand(n, 1, SIZE, SIZE).astype(np.float32) * 0.6
    cls = rs.randint(0, 2, n)
    box = np.zeros((n, 4), np.float32)
    yy, xx = np.mgrid[:SIZE, :SIZE]
    for i in range(n):
        w, h = rs.randint(6, 16, 2)
        if cls[i] == 1:
            h = w
        cx, cy = rs.uniform(w / 2, SIZE - w / 2), rs.uniform(h / 2, SIZE - h / 2)
        if cls[i] == 0:
            m = (abs(xx + .5 - cx) < w / 2) & (abs(yy + .5 - cy) < h / 2)
        else:
            m = (xx + .5 - cx) ** 2 + (yy + .5 - cy) ** 2 < (w / 2) ** 2
        img[i, 0][m] += 0.7
        box[i] = cx / SIZE, cy / SIZE, w / SIZE, h / SIZE
    return torch.from_numpy(img), torch.from_numpy(cls), torch.from_numpy(box)


def iou(a, b):
    lo = torch.maximum(a[:, :2] - a[:, 2:] / 2, b[:, :2] - b[:, 2:] / 2)
    hi = torch.minimum(a[:, :2] + a[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2)
    inter = (hi - lo).clamp(min=0).prod(1)
    return inter / (a[:, 2:].clamp(min=0).prod(1) + b[:, 2:].prod(1) - inter + 1e-6)


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 12, 3, stride=2, padding=1)
        self.c2 = nn.Conv2d(12, 24, 3, stride=2, padding=1)
        self.c3 = nn.Conv2d(24, 32, 3, padding=1)
        self.shared = nn.Linear(32 * 64, 64)
        self.cls_head = nn.Linear(64, 2)
        self.box_head = nn.Linear(64, 4)

    def forward(self, x):
        x = F.relu(self.c1(x))
        x = F.relu(self.c2(x))
        x = F.relu(self.c3(x))
        x = F.relu(self.shared(x.flatten(1)))
        return self.cls_head(x), torch.sigmoid(self.box_head(x))


loader = DataLoader(TensorDataset(*scenes(2500)), batch_size=32, shuffle=True)
test_img, test_cls, test_box = scenes(500)
model = Detector()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)

for epoch in range(8):
    model.train()
    optimizer.zero_grad()
    sums = np.zeros(2)
    for img, cls, box in loader:
        scores, pred = model(img)
        loss_cls = F.cross_entropy(scores, cls)
        loss_box = F.smooth_l1_loss(pred, box, beta=0.1)
        loss = loss_cls + 5.0 * loss_box
        loss.backward()
        optimizer.step()
        sums += loss_cls.item(), loss_box.item()
    print("epoch %2d cls %.4f box %.4f" % (epoch + 1, *(sums / len(loader))))

model.eval()
with torch.no_grad():
    mean_iou = iou(model(test_img)[1], test_box).mean().item()
print("FINAL iou=%.4f" % mean_iou)
