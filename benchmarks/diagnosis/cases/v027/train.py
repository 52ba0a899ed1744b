import os

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

SEED = int(os.environ.get("SEED", 0))
rng = np.random.default_rng(SEED)
torch.manual_seed(SEED)

digits = load_digits()
x = torch.from_numpy(digits.data.astype(np.float32) / 8.0 - 1.0)
y = torch.from_numpy(digits.target).long()
perm = torch.randperm(len(x))
x, y = x[perm], y[perm]
x_train, y_train, x_val, y_val = x[:1300], y[:1300], x[1300:], y[1300:]

ALPHA = 0.8
SMOOTHING = 0.1


def mixup(xb, yb):
    lam = float(rng.beta(ALPHA, ALPHA))
    order = torch.randperm(len(xb))
    return lam * xb + (1 - lam) * xb[order], yb, yb[order], lam


net = nn.Sequential(
    nn.Linear(64, 128), nn.LayerNorm(128), nn.GELU(),
    nn.Linear(128, 128), nn.LayerNorm(128), nn.GELU(),
    nn.Linear(128, 10),
)  # fmt: skip
ce = nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
opt = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.01)
epochs, bs = 50, 100
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=epochs * (len(x_train) // bs))

for ep in range(epochs):
    net.train()
    shuffled = torch.randperm(len(x_train))
    running, hits = 0.0, 0.0
    for ids in shuffled.split(bs):
        xm, ya, yb, lam = mixup(x_train[ids], y_train[ids])
        out = net(xm)
        loss = lam * ce(out, ya) + (1 - lam) * ce(out, yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        running += loss.item() / (len(x_train) // bs)
        hits += (out.argmax(1) == ya).sum().item()
    net.eval()
    with torch.no_grad():
        val_logits = net(x_val)
        val_acc = (val_logits.argmax(1) == y_val).float().mean().item()
        val_loss = nn.functional.cross_entropy(val_logits, y_val).item()
    if ep % 5 == 4:
        print(f"epoch {ep + 1}: mixed loss {running:.3f}, mixed acc {hits / len(x_train):.3f}, val loss {val_loss:.3f}, val acc {val_acc:.3f}")

print(f"FINAL accuracy={val_acc:.4f}")
