import os
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rs = np.random.RandomState(seed)
N_KINDS = 5
TINTS = np.array([[0.5, 0.5, 0.5], [0.9, 0.2, 0.2], [0.2, 0.4, 0.9], [0.8, 0.8, 0.2], [0.2, 0.8, 0.3]])


def landscape(n, s=20):
    """Aerial tiles: 0 soil, 1 roof, 2 water, 3 field, 4 wood, with a map of kinds."""
    kind = np.zeros((n, s, s), int)
    for k in range(n):
        for _ in range(5):
            r, c = rs.randint(0, s - 4, 2)
            h, w = rs.randint(4, 11, 2)
            kind[k, r:r + h, c:c + w] = rs.randint(1, N_KINDS)
    tile = TINTS[kind].transpose(0, 3, 1, 2) + 0.28 * rs.randn(n, 3, s, s)
    return torch.tensor(tile, dtype=torch.float32), torch.tensor(kind)


class Segmenter(nn.Module):
    def __init__(self, out_maps):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, 20, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(20, 20, 3, padding=2, dilation=2), nn.ReLU(inplace=True),
            nn.Conv2d(20, 20, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(20, out_maps, 1))

    def forward(self, tile):
        return self.net(tile)

    def loss(self, tile, kind):
        return F.cross_entropy(self(tile), kind)

    @torch.no_grad()
    def predict(self, tile):
        return self(tile).argmax(1)


def miou(pred, kind):
    scores = []
    for k in range(N_KINDS):
        inter, union = ((pred == k) & (kind == k)).sum(), ((pred == k) | (kind == k)).sum()
        scores.append((inter / union.clamp(min=1)).item())
    return float(np.mean(scores))


tiles, kinds = landscape(320)
val_tiles, val_kinds = landscape(80)
net = Segmenter(out_maps=N_KINDS)
optim = torch.optim.Adam(net.parameters(), lr=4e-3)
for epoch in range(6):
    for idx in torch.randperm(len(tiles)).split(20):
        loss = net.loss(tiles[idx], kinds[idx])
        optim.zero_grad()
        loss.backward()
        optim.step()
    print("epoch", epoch, "loss", loss.item(), "val", miou(net.predict(val_tiles), val_kinds))
print(f"FINAL miou={miou(net.predict(val_tiles), val_kinds):.4f}")
