import os

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = load_breast_cancer(return_X_y=True)
Xa, Xb, ya, yb = train_test_split(X, y, train_size=90, stratify=y, random_state=SEED)
scale = StandardScaler().fit(Xa)
poly = PolynomialFeatures(2, include_bias=False)
Xa, Xb = poly.fit_transform(scale.transform(Xa)), poly.transform(scale.transform(Xb))
second = StandardScaler().fit(Xa)
Xa, Xb = (torch.tensor(np.clip(second.transform(a), -4, 4), dtype=torch.float32) for a in (Xa, Xb))
ya, yb = torch.tensor(ya) * 2.0 - 1, torch.tensor(yb) * 2.0 - 1
print(f"{len(Xa)} patients, {Xa.shape[1]} columns")

# linear maximum-margin classifier; the decay is strong because columns outnumber patients
w = torch.nn.Linear(Xa.shape[1], 1)
torch.nn.init.zeros_(w.weight)
torch.nn.init.zeros_(w.bias)
opt = torch.optim.SGD([{"params": [w.weight], "weight_decay": 0.5}, {"params": [w.bias], "weight_decay": 0.0}], lr=0.02)
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda e: 1 / (1 + 0.05 * e))
for epoch in range(60):
    for b in torch.randperm(len(Xa)).split(10):
        margin = ya[b] * w(Xa[b]).squeeze(1)
        loss = (1 - margin).clamp_min(0).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    sched.step()
    if epoch % 15 == 0:
        print(f"epoch {epoch} hinge {loss.item():.4f}")

with torch.no_grad():
    acc = (w(Xb).squeeze(1).sign() == yb).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
