import argparse
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=6)
parser.add_argument("--batch-size", type=int, default=16)
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--max-norm", type=float, default=1.0)
args, _ = parser.parse_known_args()

torch.manual_seed(int(os.environ.get("SEED", 0)))


def disks(n, size=24):
    """Noisy pictures of one to three bright disks, and where they are."""
    grid = torch.arange(size).float()
    image = 0.5 * torch.randn(n, 1, size, size)
    mask = torch.zeros(n, 1, size, size)
    for k in range(3):
        cx, cy = torch.rand(n, 1, 1) * size, torch.rand(n, 1, 1) * size
        r = 2.5 + 2.5 * torch.rand(n, 1, 1)
        inside = ((grid[None, None, :] - cx) ** 2 + (grid[None, :, None] - cy) ** 2) < r**2
        if k:
            inside &= torch.rand(n, 1, 1) < 0.6
        mask[:, 0] = torch.maximum(mask[:, 0], inside.float())
    return image + mask, mask


def double(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(), nn.Conv2d(o, o, 3, padding=1), nn.ReLU())


class SmallUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1 = double(1, 8)
        self.down2 = double(8, 16)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.merge = double(16, 8)
        self.head = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        return self.head(self.merge(torch.cat([a, self.up(b)], 1)))


images, masks = disks(640)
test_images, test_masks = disks(160)
model = SmallUNet()
optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
scaler = torch.amp.GradScaler("cpu")

for epoch in range(args.epochs):
    total = 0.0
    for rows in torch.randperm(len(images)).split(args.batch_size):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(images[rows])
            loss = F.binary_cross_entropy_with_logits(logits.float(), masks[rows])
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), args.max_norm)
        scaler.step(optimizer)
        scaler.update()
        total += loss.item() * len(rows)
    print(f"epoch {epoch + 1}/{args.epochs}  bce {total / len(images):.4f}")

model.eval()
with torch.no_grad():
    found = model(test_images) > 0
    truth = test_masks > 0.5
    iou = (found & truth).sum().item() / (found | truth).sum().item()
print(f"FINAL iou={iou:.4f}")
