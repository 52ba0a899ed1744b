import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 8 - 0.6
y = torch.tensor(digits.target)
low = y < 5
x_src, y_src = x[low], y[low]
x_dst, y_dst = x[~low], y[~low] - 5
order = torch.randperm(len(x_dst), generator=torch.Generator().manual_seed(6))
tr, te = order[:300], order[300:]

backbone = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
    nn.Conv2d(16, 32, 3, padding=1, stride=2, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.Flatten())


def run(model, parameters, xs, ys, epochs, lr, mode):
    opt = torch.optim.Adam(parameters, lr=lr)
    for epoch in range(epochs):
        mode()
        total = 0.0
        for i in torch.randperm(len(xs)).split(32):
            opt.zero_grad()
            loss = F.cross_entropy(model(xs[i]), ys[i])
            loss.backward()
            opt.step()
            total += loss.item() * len(i)
        print(f"  epoch {epoch + 1} loss {total / len(xs):.4f}")


print("pre-training on digits 0-4")
pre = nn.Sequential(backbone, nn.Linear(512, 5))
run(pre, pre.parameters(), x_src, y_src, 5, 1e-3, pre.train)

print("transfer to digits 5-9")
backbone.requires_grad_(False)
head = nn.Linear(512, 5)
model = nn.Sequential(backbone, head)


def transfer_mode():
    backbone.eval()
    head.train()


run(model, head.parameters(), x_dst[tr], y_dst[tr], 15, 3e-3, transfer_mode)
model.eval()
with torch.no_grad():
    acc = (model(x_dst[te]).argmax(1) == y_dst[te]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
