import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
rng = np.random.RandomState(int(os.environ.get("SEED", 0)))


def scenes(n, s=16):
    """Back wall, floor that comes nearer, and boxes; near things are brighter and sharper."""
    depth = np.zeros((n, s, s), np.float32)
    for i in range(n):
        wall = rng.uniform(4, 9)
        horizon = rng.randint(5, 9)
        depth[i] = wall
        for row in range(horizon, s):
            depth[i, row] = wall * (1 - 0.8 * (row - horizon + 1) / (s - horizon))
        for _ in range(rng.randint(1, 3)):
            w, h = rng.randint(3, 7, 2)
            a, b = rng.randint(0, s - h), rng.randint(0, s - w)
            depth[i, a:a + h, b:b + w] = rng.uniform(1, wall)
    light = np.exp(-depth / 4) * 2 + rng.normal(0, 0.06, depth.shape)
    return torch.tensor(light, dtype=torch.float32)[:, None], torch.tensor(np.maximum(depth, 0.6))[:, None]


class DepthNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ELU(),
            nn.Conv2d(16, 24, 3, stride=2, padding=1), nn.ELU(),
        )
        self.decoder = nn.Sequential(
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
            nn.Conv2d(24, 16, 3, padding=1), nn.ELU(),
            nn.Conv2d(16, 1, 3, padding=1), nn.Sigmoid(),
        )

    def forward(self, image):
        return self.decoder(self.encoder(image))


train = DataLoader(TensorDataset(*scenes(500)), batch_size=20, shuffle=True)
test_image, test_depth = scenes(150)
model = DepthNet()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.L1Loss()
for epoch in range(10):
    model.train()
    running = 0.0
    for image, depth in train:
        optimizer.zero_grad()
        loss = criterion(model(image), depth)
        loss.backward()
        optimizer.step()
        running += loss.item()
    print(f"Epoch {epoch + 1}/10 - error {running / len(train):.3f} m")

model.eval()
with torch.no_grad():
    residual = model(test_image) - test_depth
r2 = 1 - residual.pow(2).sum() / (test_depth - test_depth.mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
