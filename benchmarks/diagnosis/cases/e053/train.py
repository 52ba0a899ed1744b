import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))
EPS = 0.12


class RobustNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(),
            nn.Conv2d(24, 48, 3, stride=2, padding=1), nn.BatchNorm2d(48), nn.ReLU(),
        )
        self.fc = nn.Sequential(nn.Flatten(), nn.Linear(48 * 16, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10))

    def forward(self, x):
        return self.fc(self.conv(x))


def fgsm(model, x, y, eps):
    was_training = model.training
    model.eval()
    probe = (x + eps * (2 * torch.rand_like(x) - 1)).clamp(0, 1).requires_grad_(True)
    (grad,) = torch.autograd.grad(F.cross_entropy(model(probe), y), probe)
    model.train(was_training)
    moved = probe.detach() + eps * grad.sign()
    return torch.min(torch.max(moved, x - eps), x + eps).clamp(0, 1)


digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(digits.target)
perm = torch.randperm(len(x))
train, test = perm[:1400], perm[1400:]
model = RobustNet()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(10):
    model.train()
    tot = 0.0
    for rows in train[torch.randperm(len(train))].split(50):
        adv = fgsm(model, x[rows], y[rows], EPS)
        loss = F.cross_entropy(model(adv), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        tot += loss.item() * len(rows)
    print(f"epoch {epoch} adversarial loss {tot / len(train):.4f}")

model.eval()
attacked = fgsm(model, x[test], y[test], EPS)
with torch.no_grad():
    robust = (model(attacked).argmax(1) == y[test]).float().mean().item()
print(f"FINAL robust_accuracy={robust:.4f}")
