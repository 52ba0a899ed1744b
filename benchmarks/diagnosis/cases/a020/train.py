import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.RandomState(seed)


class SmallNet(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(12, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(64, 16),
            nn.ReLU(),
        )
        self.head = nn.Linear(16, num_classes)

    def forward(self, x):
        return self.head(self.backbone(x))


def run_epoch(model, x, y, optimizer):
    model.train()
    perm = torch.randperm(len(x))
    total = 0.0
    for i in range(0, len(x), 32):
        b = perm[i : i + 32]
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x[b]), y[b])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(b)
    return total / len(x)


# "pretraining": which of two simple shapes
def bars(n):
    y = rng.randint(0, 2, n)
    x = rng.rand(n, 1, 8, 8).astype(np.float32) * 0.3
    for i in range(n):
        k = rng.randint(1, 7)
        if y[i]:
            x[i, 0, k] += 0.7
        else:
            x[i, 0, :, k] += 0.7
    return torch.from_numpy(x), torch.from_numpy(y)


model = SmallNet(2)
xa, ya = bars(600)
pre_opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for _ in range(3):
    pre_loss = run_epoch(model, xa, ya, pre_opt)
print(f"pretrained, loss {pre_loss:.4f}")

# transfer to handwritten digits: train the new head first, then everything
digits = load_digits()
x = torch.tensor(digits.images[:, None] / 16.0, dtype=torch.float32)
y = torch.tensor(digits.target)
perm = torch.from_numpy(rng.permutation(len(y)))
tr, te = perm[:1300], perm[1300:]

model.head = nn.Linear(16, 10)
for param in model.backbone.parameters():
    param.requires_grad = False

optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(20):
    if epoch == 3:
        for layer in model.backbone:
            layer.requires_grad = True
        print("backbone unfrozen")
    loss = run_epoch(model, x[tr], y[tr], optimizer)
    if epoch % 4 == 3:
        print(f"epoch {epoch}: loss {loss:.4f}")

model.eval()
with torch.no_grad():
    acc = (model(x[te]).argmax(1) == y[te]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
