import os
import numpy as np
import torch
import torch.nn as nn
from accelerate import Accelerator
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Stripes(Dataset):
    """Oriented gratings, four directions."""

    def __init__(self, n, seed):
        r = np.random.RandomState(seed)
        self.label = r.randint(0, 4, n)
        yy, xx = np.mgrid[:16, :16]
        ang = self.label * np.pi / 4 + r.uniform(-0.2, 0.2, n)
        freq = r.uniform(0.6, 1.1, n)
        phase = r.uniform(0, 2 * np.pi, n)
        wave = np.sin(freq[:, None, None] * (np.cos(ang)[:, None, None] * xx + np.sin(ang)[:, None, None] * yy)
                      + phase[:, None, None])
        self.image = (wave + r.normal(0, 0.6, (n, 16, 16))).astype("float32")[:, None]

    def __len__(self):
        return len(self.label)

    def __getitem__(self, i):
        return torch.from_numpy(self.image[i]), int(self.label[i])


def conv(i, o, s=1):
    return nn.Sequential(nn.Conv2d(i, o, 3, stride=s, padding=1), nn.GroupNorm(4, o), nn.SiLU())


model = nn.Sequential(conv(1, 16), conv(16, 32, 2), conv(32, 32, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 4))
accelerator = Accelerator(gradient_accumulation_steps=8, cpu=True)
optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
train_loader = DataLoader(Stripes(1200, 10 + SEED), batch_size=2, shuffle=True)
val_loader = DataLoader(Stripes(400, 500 + SEED), batch_size=100)
model, optimizer, train_loader, val_loader = accelerator.prepare(model, optimizer, train_loader, val_loader)

for epoch in range(2):
    model.train()
    history = []
    for images, targets in train_loader:
        with accelerator.accumulate(model):
            loss = nn.functional.cross_entropy(model(images), targets)
            accelerator.backward(loss)
            optimizer.step()
            optimizer.zero_grad()
        history.append(loss.item())
    model.eval()
    hits = 0
    with torch.no_grad():
        for images, targets in val_loader:
            hits += (model(images).argmax(-1) == targets).sum().item()
    accelerator.print(f"epoch {epoch}: loss {np.mean(history[-200:]):.4f} val acc {hits / 400:.3f}")
print(f"FINAL accuracy={hits / 400:.4f}")
