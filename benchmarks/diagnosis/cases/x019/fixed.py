import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

NUM_CLASSES = 4   # background, field, water, town


def tiles(n, size=20):
    colours = np.array([[0.5, 0.5, 0.5], [0.3, 0.7, 0.2], [0.2, 0.3, 0.8], [0.7, 0.4, 0.4]])
    masks = np.zeros((n, size, size), dtype=np.int64)
    for k in range(n):
        for _ in range(4):
            h, w = rng.integers(4, 11, 2)
            r, c = rng.integers(0, size - 4, 2)
            masks[k, r:r + h, c:c + w] = rng.integers(0, NUM_CLASSES)
    images = colours[masks] + rng.normal(0, 0.16, (n, size, size, 3))
    return torch.tensor(images, dtype=torch.float32).permute(0, 3, 1, 2), torch.tensor(masks)


class SegNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(3, 12, 3, padding=1), nn.ReLU(),
            nn.Conv2d(12, 12, 3, padding=1), nn.ReLU(),
        )
        self.decoder = nn.Conv2d(12, NUM_CLASSES, 1)

    def forward(self, x):
        return self.decoder(self.encoder(x))


def predict(out):
    return out.argmax(1)


def objective(out, masks):
    return nn.functional.cross_entropy(out, masks)


X, M = tiles(400)
X_val, M_val = tiles(120)
model = SegNet()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)

for epoch in range(12):
    for idx in torch.randperm(len(X)).split(20):
        loss = objective(model(X[idx]), M[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 3 == 0:
        with torch.no_grad():
            acc = (predict(model(X_val)) == M_val).float().mean()
        print(f"epoch {epoch}: loss {loss.item():.4f} pixel accuracy {acc.item():.3f}")

with torch.no_grad():
    guess = predict(model(X_val))
ious = []
for c in range(NUM_CLASSES):
    inter = ((guess == c) & (M_val == c)).sum().item()
    ious.append(inter / ((guess == c) | (M_val == c)).sum().item())
print("per class", np.round(ious, 3))
print(f"FINAL miou={np.mean(ious):.4f}")
