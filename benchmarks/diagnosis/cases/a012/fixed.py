import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
np.random.seed(int(os.environ.get("SEED", 0)))
N_TAGS = 6


def draw(n, size=24):
    """Scenes with any of six objects: a tag vector each."""
    tags = (np.random.rand(n, N_TAGS) < 0.4).astype(np.float32)
    img = np.random.normal(0, 0.15, (n, 1, size, size)).astype(np.float32)
    yy, xx = np.mgrid[:7, :7]
    sprites = [
        (abs(yy - 3) + abs(xx - 3) < 4),
        ((yy - 3) ** 2 + (xx - 3) ** 2 < 10) & ((yy - 3) ** 2 + (xx - 3) ** 2 > 4),
        (yy == 3) | (xx == 3),
        (yy == xx) | (yy + xx == 6),
        (yy % 2 == 0) & (xx > 0),
        (xx % 3 == 0) & (yy > 0),
    ]
    for i in range(n):
        cells = np.random.permutation(9)[:N_TAGS]
        for k in range(N_TAGS):
            if tags[i, k]:
                r, c = divmod(int(cells[k]), 3)
                img[i, 0, r * 8 : r * 8 + 7, c * 8 : c * 8 + 7] += sprites[k]
    return torch.from_numpy(img), torch.from_numpy(tags)


class TaggingHead(nn.Module):
    def __init__(self, in_features, out_features, hidden=128, squeeze=2):
        super().__init__()
        self.reduce = nn.Linear(in_features, hidden // squeeze)
        self.expand = nn.Linear(hidden // squeeze, hidden)
        self.classify = nn.Linear(hidden, out_features)

    def forward(self, x):
        x = F.relu(self.expand(self.reduce(x)))
        return self.classify(x)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.AdaptiveMaxPool2d(3), nn.Flatten(),
        )  # fmt: skip
        self.head = TaggingHead(32 * 9, N_TAGS)

    def forward(self, x):
        return self.head(self.backbone(x))


x, t = draw(2000)
xv, tv = draw(500)
model = Tagger()
opt = torch.optim.Adam(model.parameters(), 2e-3)
for epoch in range(10):
    losses = []
    for idx in torch.randperm(2000).split(50):
        opt.zero_grad(set_to_none=True)
        loss = F.binary_cross_entropy_with_logits(model(x[idx]), t[idx])
        loss.backward()
        opt.step()
        losses.append(loss.item())
    print(f"epoch {epoch}: {np.mean(losses):.4f}")

with torch.no_grad():
    p = (model(xv) > 0).float()
tp = (p * tv).sum()
f1 = (2 * tp / (p.sum() + tv.sum())).item()
print(f"FINAL f1={f1:.4f}")
