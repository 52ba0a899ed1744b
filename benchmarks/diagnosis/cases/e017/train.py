import os
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)

d = load_digits()
X = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16
Y = F.one_hot(torch.tensor(d.target), 10).float()
order = torch.randperm(len(X))
X, Y = X[order], Y[order]
Xtr, Ytr, Xte, Yte = X[:1300], Y[:1300], X[1300:], Y[1300:]


def mixup(x, y, alpha=0.4):
    lam = np.random.beta(alpha, alpha)
    perm = torch.randperm(len(x))
    return lam * x + (1 - lam) * x[perm], lam * y + (1 - lam) * y[perm]


def erase(x, p=0.5, k=3):
    x = x.clone()
    for img in x:
        if np.random.rand() < p:
            i, j = np.random.randint(0, 8 - k + 1, 2)
            img[:, i:i + k, j:j + k] = 0
    return x


net = nn.Sequential(nn.Conv2d(1, 24, 3, padding=1), nn.GELU(), nn.Conv2d(24, 32, 3, padding=1, stride=2), nn.GELU(),
                    nn.Flatten(), nn.Dropout(0.2), nn.Linear(512, 10))
opt = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.05)
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
for epoch in range(14):
    net.train()
    tot = 0
    for rows in torch.randperm(1300).split(50):
        xb, yb = mixup(erase(Xtr[rows]), Ytr[rows])
        loss = criterion(net(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() / 26
    if epoch % 3 == 1:
        print(f"epoch {epoch} loss {tot:.4f}")

net.eval()
with torch.no_grad():
    print(f"FINAL accuracy={(net(Xte).argmax(1) == Yte.argmax(1)).float().mean().item():.4f}")
