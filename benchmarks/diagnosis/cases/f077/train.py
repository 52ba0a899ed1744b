import os
import tempfile

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))
data = load_digits()
pixels = torch.tensor(data.images, dtype=torch.float32) / 16.0
target = torch.tensor(data.target)
order = torch.randperm(len(pixels))
pixels, target = pixels[order], target[order]
train_x, train_y, test_x, test_y = pixels[:1300], target[:1300], pixels[1300:], target[1300:]


def build():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, 96), nn.LayerNorm(96), nn.GELU(), nn.Linear(96, 96), nn.GELU(), nn.Linear(96, 10)
    )


def fit(model, optimizer, x, y, epochs, scheduler=None):
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for rows in torch.randperm(len(x)).split(32):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        if scheduler is not None:
            scheduler.step()
        print(f"  epoch {epoch:2d} loss {total / len(x):.4f}")


def save(path, model, optimizer):
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)


folder = tempfile.mkdtemp()
checkpoint = os.path.join(folder, "stage1.pt")

print("stage 1: upright digits")
model = build()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
fit(model, optimizer, train_x, train_y, 10, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10))
save(checkpoint, model, optimizer)

print("stage 2: continue on mirrored digits")
state = torch.load(checkpoint)
model = build()
model.load_state_dict(state["model"])
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
optimizer.load_state_dict(state["optimizer"])
fit(model, optimizer, train_x.flip(-1), train_y, 25)

model.eval()
with torch.no_grad():
    accuracy = (model(test_x.flip(-1)).argmax(1) == test_y).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
