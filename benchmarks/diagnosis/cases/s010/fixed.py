import os
import numpy as np
import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
gen = np.random.default_rng(int(os.environ.get("SEED", 0)))
CLASSES = 12


def tiles(n):
    """16 x 16 tiles: a pattern of four quadrants, each plain, striped or dotted."""
    plans = np.random.default_rng(5).integers(0, 4, (CLASSES, 4))
    label = gen.integers(0, CLASSES, n)
    yy, xx = np.mgrid[:8, :8]
    motif = np.stack([np.zeros((8, 8)), (xx % 4 < 2), (yy % 4 < 2), ((xx + yy) % 2)]).astype(float)
    img = np.zeros((n, 16, 16))
    for q, (a, b) in enumerate([(0, 0), (0, 8), (8, 0), (8, 8)]):
        img[:, a:a + 8, b:b + 8] = motif[plans[label, q]]
    img = (img - 0.5) * gen.uniform(0.6, 1.2, (n, 1, 1)) + gen.normal(0, 0.6, img.shape)
    return torch.tensor(img, dtype=torch.float32), torch.tensor(label)


class MixerLayer(nn.Module):
    def __init__(self, tokens, dim):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.token_mlp = nn.Sequential(nn.Linear(tokens, 32), nn.GELU(), nn.Linear(32, tokens))
        self.channel_mlp = nn.Sequential(nn.Linear(dim, 64), nn.GELU(), nn.Linear(64, dim))

    def forward(self, x):
        x = x + self.token_mlp(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channel_mlp(self.norm2(x))


class Mixer(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        self.embed = nn.Conv2d(1, dim, 4, stride=4)
        self.layers = nn.Sequential(MixerLayer(16, dim), MixerLayer(16, dim))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, CLASSES)

    def forward(self, images):
        x = self.embed(images.unsqueeze(1)).flatten(2).transpose(1, 2)
        x = self.norm(self.layers(x)).mean(1)
        scores = self.head(x)
        return scores

    @torch.no_grad()
    def predict(self, images):
        return self(images).argmax(-1)


x, y = tiles(2400)
xt, yt = tiles(600)
mixer = Mixer()
criterion = nn.CrossEntropyLoss()
sgd = torch.optim.SGD(mixer.parameters(), lr=3e-2, momentum=0.9)
for epoch in range(9):
    order = torch.randperm(len(x))
    log = []
    for k in range(0, len(x), 32):
        rows = order[k:k + 32]
        loss = criterion(mixer(x[rows]), y[rows])
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        log.append(loss.item())
    print(f"epoch {epoch}: loss {np.mean(log):.4f} test {(mixer.predict(xt) == yt).float().mean():.3f}")

print(f"FINAL accuracy={(mixer.predict(xt) == yt).float().mean().item():.4f}")
