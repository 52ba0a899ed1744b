import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)


def blobs(n, s=16):
    yy, xx = np.mgrid[:s, :s]
    out = np.zeros((n, 1, s, s), np.float32)
    for k in range(n):
        for _ in range(2):
            cx, cy = rng.uniform(2, s - 3, 2)
            w = rng.uniform(1.2, 3.0)
            out[k, 0] += np.exp(-((xx - cx) ** 2 + (yy - cy) ** 2) / (2 * w * w))
    return torch.from_numpy(np.clip(out, 0, 1) * 2 - 1)      # same range as ToTensor + Normalize(0.5, 0.5)


class ConvAE(nn.Module):
    def __init__(self, code=24):
        super().__init__()
        self.encode = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.GELU(),
            nn.Conv2d(16, 24, 3, stride=2, padding=1), nn.GELU(),
            nn.Flatten(), nn.Linear(24 * 16, code))
        self.decode = nn.Sequential(
            nn.Linear(code, 24 * 16), nn.Unflatten(1, (24, 4, 4)),
            nn.ConvTranspose2d(24, 16, 4, stride=2, padding=1), nn.GELU(),
            nn.ConvTranspose2d(16, 1, 4, stride=2, padding=1), nn.Sigmoid())

    def forward(self, x):
        return self.decode(self.encode(x))


train, test = blobs(2000), blobs(400)
ae = ConvAE()
optim = torch.optim.AdamW(ae.parameters(), lr=2e-3, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(optim, T_max=12)
for epoch in range(12):
    for x in train[torch.randperm(len(train))].split(64):
        loss = F.mse_loss(ae(x), x)
        optim.zero_grad()
        loss.backward()
        optim.step()
    sched.step()
    print(f"{epoch + 1:2d}: {loss.item():.5f}")

ae.eval()
with torch.inference_mode():
    err = F.mse_loss(ae(test), test)
    base = F.mse_loss(train.mean(0).expand_as(test), test)
print(f"FINAL r2={(1 - err / base).item():.4f}")
