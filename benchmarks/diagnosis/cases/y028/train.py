import os

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

X, y = load_digits(return_X_y=True)
X = (X - 4.9) / 6.0
Xa, Xb, ya, yb = train_test_split(X, y, test_size=0.25, random_state=2, stratify=y)
Xa, Xb = torch.tensor(Xa, dtype=torch.float32), torch.tensor(Xb, dtype=torch.float32)
ya, yb = torch.tensor(ya), torch.tensor(yb)

net = nn.Sequential(
    nn.Linear(64, 128), nn.LayerNorm(128), nn.ReLU(),
    nn.Linear(128, 128), nn.LayerNorm(128), nn.ReLU(),
    nn.Linear(128, 10),
)
base = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)
RHO, EPOCHS, B = 0.05, 40, 64
sched = torch.optim.lr_scheduler.CosineAnnealingLR(base, EPOCHS)


def mixed(x, t):
    lam = float(np.random.beta(0.2, 0.2))
    j = torch.randperm(len(x))
    hot = F.one_hot(t, 10).float()
    return lam * x + (1 - lam) * x[j], lam * hot + (1 - lam) * hot[j]


for epoch in range(EPOCHS):
    net.train()
    total = 0.0
    for idx in torch.randperm(len(Xa)).split(B):
        xb_, tb_ = mixed(Xa[idx], ya[idx])
        loss = F.cross_entropy(net(xb_), tb_)
        loss.backward()
        with torch.no_grad():
            norm = torch.stack([p.grad.norm() for p in net.parameters()]).norm()
            moves = [p.grad * (RHO / (norm + 1e-12)) for p in net.parameters()]
            for p, e in zip(net.parameters(), moves):
                p.add_(e)
        net.zero_grad()
        F.cross_entropy(net(xb_), tb_).backward()
        with torch.no_grad():
            for p, e in zip(net.parameters(), moves):
                p.sub_(e)
        base.step()
        base.zero_grad()
        total += loss.item() * len(idx)
    sched.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1} loss {total / len(Xa):.4f}")

net.eval()
with torch.no_grad():
    acc = (net(Xb).argmax(1) == yb).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
