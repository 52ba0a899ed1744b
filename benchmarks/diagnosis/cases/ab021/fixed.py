import os
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))

S, GRID, A = 32, 8, 2     # picture side, grid side, anchors (one flat, one tall)


def scenes(n):
    img = 0.3 * torch.randn(n, 1, S, S)
    obj = torch.zeros(n, GRID, GRID, A)
    box = torch.zeros(n, GRID, GRID, A, 4)
    for i in range(n):
        for _ in range(2):
            a = torch.randint(0, 2, (1,)).item()
            long, short = 6 + 6 * torch.rand(1).item(), 3 + 2 * torch.rand(1).item()
            w, h = (long, short) if a == 0 else (short, long)
            cx = w / 2 + (S - w) * torch.rand(1).item()
            cy = h / 2 + (S - h) * torch.rand(1).item()
            img[i, 0, int(cy - h / 2):int(cy + h / 2), int(cx - w / 2):int(cx + w / 2)] += 1.5
            gy, gx = min(int(cy / 4), 7), min(int(cx / 4), 7)
            obj[i, gy, gx, a] = 1
            box[i, gy, gx, a] = torch.tensor([cx / 4 - gx - 0.5, cy / 4 - gy - 0.5, w / 8 - 1, h / 8 - 1])
    return img, obj.view(n, -1), box.view(n, -1, 4)


class SSDHead(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.loc = nn.Conv2d(c, A * 4, 3, padding=1)
        self.conf = nn.Conv2d(c, A, 3, padding=1)

    def forward(self, x):
        n = x.size(0)
        loc = self.loc(x).permute(0, 2, 3, 1).reshape(n, -1, 4)
        conf = self.conf(x).permute(0, 2, 3, 1).reshape(n, -1)
        return loc, conf


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU())
        self.head = SSDHead(32)

    def forward(self, x):
        return self.head(self.body(x))


train, test = scenes(500), scenes(150)
model = Detector()
opt = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=5e-4)
for epoch in range(14):
    model.train()
    ll = lc = 0.0
    for idx in torch.randperm(500).split(20):
        img, obj, box = (v[idx] for v in train)
        loc, conf = model(img)
        pos = obj > 0
        l_loc = F.smooth_l1_loss(loc[pos], box[pos])
        l_conf = F.binary_cross_entropy_with_logits(conf, obj, reduction="sum") / pos.sum()
        loss = 4 * l_loc + l_conf
        opt.zero_grad()
        loss.backward()
        opt.step()
        ll, lc = ll + l_loc.item() / 25, lc + l_conf.item() / 25
    if epoch % 3 == 1:
        print(f"epoch {epoch}: loc {ll:.4f} conf {lc:.4f}")

model.eval()
with torch.no_grad():
    loc, conf = model(test[0])
    pos = test[1] > 0
    p, q = loc[pos], test[2][pos]
    corners = lambda b: (b[:, 0] * 4 - (b[:, 2] + 1) * 4, b[:, 1] * 4 - (b[:, 3] + 1) * 4, b[:, 0] * 4 + (b[:, 2] + 1) * 4, b[:, 1] * 4 + (b[:, 3] + 1) * 4)
    (a0, a1, a2, a3), (b0, b1, b2, b3) = corners(p), corners(q)
    inter = (torch.min(a2, b2) - torch.max(a0, b0)).clamp(min=0) * (torch.min(a3, b3) - torch.max(a1, b1)).clamp(min=0)
    union = ((a2 - a0) * (a3 - a1)).clamp(min=0) + (b2 - b0) * (b3 - b1) - inter
    iou = (inter / union).mean().item()
print(f"FINAL iou={iou:.4f}")
