import os

import torch
import torch.nn as nn
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch.utils.data import DataLoader, TensorDataset

set_seed(int(os.environ.get("SEED", 0)))


def orbits(n):
    """Positions of a body at twelve times; the class is the kind of its path."""
    t = torch.linspace(0, 1, 12)
    kind = torch.randint(0, 3, (n,))
    speed, angle, bend = torch.rand(3, n, 1) + 0.5
    angle = 6.28 * angle
    line = speed * t
    off = torch.stack([torch.zeros(n, 12), bend * t ** 2, bend * torch.sin(5 * t) * 0.5])[kind, torch.arange(n)]
    x = torch.cos(angle) * line - torch.sin(angle) * off
    y = torch.sin(angle) * line + torch.cos(angle) * off
    track = torch.stack([x, y], 1) + 0.04 * torch.randn(n, 2, 12)
    return TensorDataset(track.flatten(1) * 2, kind)


class OrbitNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(24)
        self.mlp = nn.Sequential(nn.Linear(24, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))

    def forward(self, x):
        return self.mlp(self.norm(x))


ACCUMULATION = 4
accelerator = Accelerator(cpu=True, gradient_accumulation_steps=ACCUMULATION)
model = OrbitNet()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
train_loader = DataLoader(orbits(3200), batch_size=16, shuffle=True)
test_loader = DataLoader(orbits(800), batch_size=200)
model, optimizer, train_loader, test_loader = accelerator.prepare(model, optimizer, train_loader, test_loader)
criterion = nn.CrossEntropyLoss()

for epoch in range(12):
    model.train()
    running = 0.0
    for step, (x, y) in enumerate(train_loader):
        with accelerator.accumulate(model):
            loss = criterion(model(x), y)
            accelerator.backward(loss)
            if accelerator.sync_gradients:
                accelerator.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
        running += loss.item()
    accelerator.print(f"epoch {epoch + 1}: {running / len(train_loader):.4f}")

model.eval()
right = 0
with torch.no_grad():
    for x, y in test_loader:
        right += (model(x).argmax(1) == y).sum().item()
print(f"FINAL accuracy={right / 800:.4f}")
