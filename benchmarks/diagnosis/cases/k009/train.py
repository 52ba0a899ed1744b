import os

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def patches(n):
    """Smooth shading plus sharp bars."""
    coarse = F.interpolate(torch.randn(n, 1, 4, 4), size=16, mode="bicubic", align_corners=False)
    bars = torch.zeros(n, 1, 16, 16)
    start = torch.randint(0, 12, (n,))
    for i, s in enumerate(start.tolist()):
        if i % 2:
            bars[i, :, s : s + 3] = 1.5
        else:
            bars[i, :, :, s : s + 3] = 1.5
    return (coarse + bars).contiguous(memory_format=torch.channels_last)


class DnCNN(nn.Module):
    def __init__(self, width=24, depth=5):
        super().__init__()
        layers = [nn.Conv2d(1, width, 3, padding=1), nn.ReLU(inplace=True)]
        for _ in range(depth - 2):
            layers += [nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
        layers += [nn.Conv2d(width, 1, 3, padding=1)]
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return x - self.net(x)


clean, clean_test = patches(1200), patches(300)
noisy_test = clean_test + 0.4 * torch.randn_like(clean_test)
model = DnCNN().to(memory_format=torch.channels_last)
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
for epoch in range(9):
    model.train()
    total = 0.0
    for idx in torch.randperm(len(clean)).split(40):
        target = clean[idx]
        noisy = target + 0.4 * torch.randn_like(target)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = model(noisy)
        loss = F.mse_loss(out.float(), target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(idx)
    print(f"epoch {epoch} mse {total / len(clean):.5f} (noise {0.16:.2f})")

model.eval()
with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
    out = model(noisy_test)
# share of the noise that was taken away
removed = 1 - (out.float() - clean_test).pow(2).mean() / (noisy_test - clean_test).pow(2).mean()
print(f"FINAL r2={removed.item():.4f}")
