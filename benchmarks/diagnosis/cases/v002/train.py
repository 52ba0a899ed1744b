import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

MICRO_BATCH = 4
ACCUMULATE = 8


def cells(n, s=28):
    """Microscope-like tiles and the mask of the nuclei."""
    yy, xx = np.mgrid[:s, :s]
    img = rng.normal(0.3, 0.08, (n, s, s))
    mask = np.zeros((n, s, s), dtype=bool)
    for i in range(n):
        for _ in range(rng.integers(1, 4)):
            cy, cx = rng.uniform(4, s - 4, 2)
            ry, rx = rng.uniform(2.5, 5, 2)
            m = ((yy - cy) / ry) ** 2 + ((xx - cx) / rx) ** 2 < 1
            mask[i] |= m
        img[i] += mask[i] * rng.uniform(0.15, 0.35) + 0.15 * xx / s
    x = torch.tensor((img - 0.4) / 0.15, dtype=torch.float32).unsqueeze(1)
    return x, torch.tensor(mask, dtype=torch.float32).unsqueeze(1)


class MiniUNet(nn.Module):
    def __init__(self, c=12):
        super().__init__()
        block = lambda i, o: nn.Sequential(
            nn.Conv2d(i, o, 3, padding=1), nn.GroupNorm(4, o), nn.SiLU(),
            nn.Conv2d(o, o, 3, padding=1), nn.GroupNorm(4, o), nn.SiLU())
        self.enc1, self.enc2 = block(1, c), block(c, 2 * c)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ConvTranspose2d(2 * c, c, 2, stride=2)
        self.dec = block(2 * c, c)
        self.out = nn.Conv2d(c, 1, 1)

    def forward(self, x):
        a = self.enc1(x)
        b = self.enc2(self.pool(a))
        return self.out(self.dec(torch.cat([a, self.up(b)], 1)))


def dice_loss(logits, mask):
    p = torch.sigmoid(logits)
    inter = (p * mask).sum((1, 2, 3))
    return (1 - (2 * inter + 1) / (p.sum((1, 2, 3)) + mask.sum((1, 2, 3)) + 1)).mean()


train_loader = DataLoader(TensorDataset(*cells(640)), batch_size=MICRO_BATCH, shuffle=True)
test_x, test_m = cells(150)
model = MiniUNet()
optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
bce = nn.BCEWithLogitsLoss()

for epoch in range(3):
    model.train()
    running = 0.0
    optimizer.zero_grad()
    for i, (x, m) in enumerate(train_loader):
        out = model(x)
        loss = (bce(out, m) + dice_loss(out, m)) / ACCUMULATE
        loss.backward()
        running += loss.item() * ACCUMULATE
        if (i + 1) % ACCUMULATE == 0 or i + 1 == len(train_loader):
            optimizer.step()
            optimizer.zero_grad()
    print(f"epoch {epoch + 1}: loss {running / len(train_loader):.4f}")

model.eval()
with torch.no_grad():
    pred = model(test_x) > 0
iou = ((pred & (test_m > 0)).sum() / (pred | (test_m > 0)).sum()).item()
print(f"FINAL iou={iou:.4f}")
