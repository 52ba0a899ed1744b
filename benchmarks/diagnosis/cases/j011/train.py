import os

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
COLOURS, SHAPES, PLACES = 5, 4, 4
PALETTE = torch.tensor([[1, .1, .1], [.1, 1, .1], [.1, .1, 1], [1, 1, .1], [1, .1, 1]])


def draw(n):
    c, s, p = (torch.randint(0, k, (n,)) for k in (COLOURS, SHAPES, PLACES))
    ax = torch.arange(14.0)
    cy = torch.where(p < 2, 4.0, 9.0)[:, None, None] + torch.rand(n, 1, 1) - 0.5
    cx = torch.where(p % 2 == 0, 4.0, 9.0)[:, None, None] + torch.rand(n, 1, 1) - 0.5
    dy, dx = ax[None, :, None] - cy, ax[None, None, :] - cx
    masks = torch.stack([dx**2 + dy**2 < 10, torch.maximum(dx.abs(), dy.abs()) < 2.6, dx.abs() + dy.abs() < 3.3,
                         (dx.abs() < 1.1) | (dy.abs() < 1.1)])[s, torch.arange(n)]
    near = (dx.abs() < 4) & (dy.abs() < 4)
    images = PALETTE[c][:, :, None, None] * (masks & near).unsqueeze(1) + 0.15 * torch.randn(n, 3, 14, 14)
    # caption tokens: colour word, shape word, place word and a filler, in one of two orders
    captions = torch.stack([c, COLOURS + s, COLOURS + SHAPES + p, 13 + torch.randint(0, 5, (n,))], 1)
    flip = torch.rand(n) < 0.5
    captions[flip] = captions[flip].flip(1)
    return images, captions


class ImageTower(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.proj = nn.Linear(32 * 9, dim)

    def forward(self, x):
        return F.normalize(self.proj(self.conv(x).flatten(1)), dim=1)


class TextTower(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.words = nn.Embedding(18, 32)
        self.mlp = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, dim))

    def forward(self, ids):
        return F.normalize(self.mlp(self.words(ids).mean(1)), dim=1)


images, captions = draw(2400)
image_loader = DataLoader(TensorDataset(images), batch_size=32, shuffle=True, drop_last=True)
text_loader = DataLoader(TensorDataset(captions), batch_size=32, shuffle=True, drop_last=True)
image_tower, text_tower = ImageTower(32), TextTower(32)
log_scale = nn.Parameter(torch.tensor(2.3))
optimizer = torch.optim.Adam([*image_tower.parameters(), *text_tower.parameters(), log_scale], lr=2e-3)

for epoch in range(8):
    total = count = 0
    for (img,), (cap,) in zip(image_loader, text_loader):
        logits = image_tower(img) @ text_tower(cap).t() * log_scale.exp()
        same = torch.arange(len(img))
        loss = (F.cross_entropy(logits, same) + F.cross_entropy(logits.t(), same)) / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total, count = total + loss.item(), count + 1
    print(f"epoch {epoch} contrastive loss {total / count:.4f} scale {log_scale.exp().item():.2f}")

new_images, new_captions = draw(1000)
with torch.no_grad():
    sim = image_tower(new_images) @ text_tower(new_captions).t()
found = new_captions[sim.argmax(1)].sort(1)[0][:, :3]
print(f"FINAL top1={(found == new_captions.sort(1)[0][:, :3]).all(1).float().mean().item():.4f}")
