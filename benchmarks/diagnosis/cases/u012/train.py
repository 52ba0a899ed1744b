import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)


class Strokes(Dataset):
    """24x24 drawings: horizontal, vertical, falling, rising stroke, or a cross."""

    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.x = rng.normal(0, 0.35, (n, 1, 24, 24)).astype(np.float32)
        self.y = rng.integers(0, 5, n)
        for i in range(n):
            r, c = rng.integers(5, 19, 2)
            for s in range(-4, 5):
                kind = self.y[i]
                if kind in (0, 4):
                    self.x[i, 0, r, c + s] += 1.5
                if kind in (1, 4):
                    self.x[i, 0, r + s, c] += 1.5
                if kind == 2:
                    self.x[i, 0, r + s, c + s] += 1.5
                if kind == 3:
                    self.x[i, 0, r - s, c + s] += 1.5

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return torch.from_numpy(self.x[i]), int(self.y[i])


class PatchEmbed(nn.Module):
    def __init__(self, img=24, patch=4, dim=48):
        super().__init__()
        self.proj = nn.Conv2d(1, dim, patch, stride=patch)
        self.n = (img // patch) ** 2

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class ViT(nn.Module):
    def __init__(self, dim=32, depth=3, heads=4, classes=5):
        super().__init__()
        self.patch = PatchEmbed(dim=dim)
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos = nn.Parameter(torch.randn(1, self.patch.n + 1, dim) * 0.02)
        layer = nn.TransformerEncoderLayer(dim, heads, dim * 2, dropout=0.0, activation="gelu",
                                           batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, depth)
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, classes)

    def forward(self, x):
        x = self.patch(x)
        x = torch.cat([self.cls.expand(len(x), -1, -1), x], 1) + self.pos
        return self.head(self.norm(self.encoder(x)[:, 0]))


train_dl = DataLoader(Strokes(3000, seed), batch_size=64, shuffle=True)
test_dl = DataLoader(Strokes(600, seed + 500), batch_size=200)
vit = ViT()
opt = torch.optim.Adam(vit.parameters(), lr=2e-2)
ce = nn.CrossEntropyLoss()

for ep in range(5):
    vit.train()
    seen = loss_sum = 0
    for img, lab in train_dl:
        loss = ce(vit(img), lab)
        opt.zero_grad()
        loss.backward()
        opt.step()
        loss_sum += loss.item() * len(lab)
        seen += len(lab)
    vit.eval()
    with torch.no_grad():
        good = sum((vit(img).argmax(1) == lab).sum().item() for img, lab in test_dl)
    print(f"ep {ep} loss {loss_sum / seen:.4f} test {good / 600:.3f}")

print(f"FINAL accuracy={good / 600:.4f}")
