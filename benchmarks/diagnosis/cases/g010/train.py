import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
CLASSES = 5
COLOURS = torch.tensor([[0.2, 0.5, 0.2], [0.3, 0.6, 0.3], [0.2, 0.3, 0.6], [0.6, 0.5, 0.4], [0.7, 0.7, 0.7]])


def tiles(n, size=24):
    mask = torch.zeros(n, size, size, dtype=torch.long)
    for i in range(n):
        for c in (1, 2, 3, 4):
            for _ in range(2 if c < 3 else 1):
                h, w = torch.randint(5, 12, (2,)).tolist()
                r, s = torch.randint(0, size - h, (1,)).item(), torch.randint(0, size - w, (1,)).item()
                mask[i, r:r + h, s:s + w] = c
    image = COLOURS[mask].permute(0, 3, 1, 2) + 0.15 * torch.randn(n, 3, size, size)
    return image, mask


class MiniSeg(nn.Module):
    def __init__(self):
        super().__init__()

        def block(i, o):
            return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(inplace=True))

        self.down1 = block(3, 12)
        self.down2 = block(12, 24)
        self.mid = block(24, 24)
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.fuse = block(36, 16)
        self.head = nn.Sequential(nn.Conv2d(16, CLASSES, 1), nn.Softmax2d())
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        a = self.down1(x)
        b = self.mid(self.down2(self.pool(a)))
        return self.head(self.fuse(torch.cat([a, self.up(b)], 1)))


def iou(model, images, masks):
    guess = model(images).argmax(1)
    scores = []
    for c in range(CLASSES):
        both = ((guess == c) & (masks == c)).sum().float()
        either = ((guess == c) | (masks == c)).sum().float()
        scores.append(both / either.clamp(min=1))
    return torch.stack(scores).mean().item()


loader = DataLoader(TensorDataset(*tiles(400)), batch_size=16, shuffle=True)
test_images, test_masks = tiles(120)
model = MiniSeg()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
criterion = nn.CrossEntropyLoss()
for epoch in range(5):
    model.train()
    total = 0
    for images, masks in loader:
        optimizer.zero_grad()
        loss = criterion(model(images), masks)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print("epoch", epoch, "loss", round(total / len(loader), 4))

model.eval()
with torch.no_grad():
    print(f"FINAL iou={iou(model, test_images, test_masks):.4f}")
