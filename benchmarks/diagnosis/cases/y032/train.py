import os
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)
SIZE = 24


class Batch(NamedTuple):
    image: Tensor
    present: Tensor
    shape: Tensor
    box: Tensor


def scenes(n: int) -> Batch:
    gy, gx = np.mgrid[:SIZE, :SIZE] + 0.5
    img = 0.25 * rng.standard_normal((n, SIZE, SIZE))
    present = rng.random(n) < 0.7
    kind = rng.integers(0, 3, n)
    c = rng.uniform(6, SIZE - 6, (n, 2))
    r = rng.uniform(3, 6, (n, 2))
    for i in np.flatnonzero(present):
        u, v = (gx - c[i, 0]) / r[i, 0], (gy - c[i, 1]) / r[i, 1]
        if kind[i] == 0:
            m = (abs(u) < 1) & (abs(v) < 1)
        elif kind[i] == 1:
            m = u**2 + v**2 < 1
        else:
            m = ((abs(u) < 0.35) & (abs(v) < 1)) | ((abs(v) < 0.35) & (abs(u) < 1))
        img[i] += m * rng.uniform(0.8, 1.3)
    box = np.concatenate([c, r], 1) / SIZE
    return Batch(
        torch.tensor(img, dtype=torch.float32)[:, None],
        torch.tensor(present, dtype=torch.float32),
        torch.tensor(kind),
        torch.tensor(box, dtype=torch.float32),
    )


class Detector(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        chans = [1, 16, 32, 64]
        self.backbone = nn.Sequential(
            *[
                nn.Sequential(
                    nn.Conv2d(a, b, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(True)
                )
                for a, b in zip(chans, chans[1:])
            ]
        )
        self.neck = nn.Sequential(nn.Flatten(), nn.Linear(64 * 9, 96), nn.ReLU(True))
        self.objectness = nn.Linear(96, 1)
        self.kind = nn.Linear(96, 3)
        self.box = nn.Linear(96, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = self.neck(self.backbone(x))
        return self.objectness(h).squeeze(1), self.kind(h), torch.sigmoid(self.box(h))


def iou(a: Tensor, b: Tensor) -> Tensor:
    lo = torch.maximum(a[:, :2] - a[:, 2:], b[:, :2] - b[:, 2:])
    hi = torch.minimum(a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:])
    inter = (hi - lo).clamp(min=0).prod(1)
    area = 4 * a[:, 2:].prod(1) + 4 * b[:, 2:].prod(1)
    return inter / (area - inter)


train, test = scenes(3000), scenes(600)
model = Detector()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [9, 12], gamma=0.2)
for epoch in range(14):
    model.train()
    sums = np.zeros(3)
    for idx in torch.randperm(len(train.image)).split(50):
        obj, kind, box = model(train.image[idx])
        on = train.present[idx] > 0
        l_obj = F.binary_cross_entropy_with_logits(obj, train.present[idx])
        l_kind = F.cross_entropy(kind[on], train.shape[idx][on])
        l_box = F.smooth_l1_loss(box[on], train.box[idx][on], beta=0.02)
        loss = l_obj + l_kind + 10 * l_box
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        sums += [l_obj.item(), l_kind.item(), l_box.item()]
    scheduler.step()
    print("epoch", epoch, "obj/kind/box", (sums / 60).round(4))

model.eval()
with torch.no_grad():
    obj, kind, box = model(test.image)
on = test.present > 0
right = torch.where(
    on,
    (obj > 0) & (kind.argmax(1) == test.shape) & (iou(box, test.box) > 0.6),
    obj <= 0,
)
print(f"FINAL map_like={right.float().mean().item():.4f}")
