import copy
import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

d = load_digits()
x_all = (d.data / 8 - 1).astype(np.float32)
x_fit, x_test, y_fit, y_test = train_test_split(x_all, d.target, test_size=400, random_state=seed, stratify=d.target)
noisy = y_fit.copy()
wrong = rng.random(len(noisy)) < 0.25
noisy[wrong] = rng.integers(0, 10, wrong.sum())
x_tr, x_va, y_tr, y_va = train_test_split(x_fit, noisy, test_size=250, random_state=seed)
x_tr, x_va, x_test = map(torch.from_numpy, (x_tr, x_va, x_test))
y_tr, y_va, y_test = map(torch.from_numpy, (y_tr, y_va, y_test))


class GCE(nn.Module):
    """Generalised cross entropy: between cross entropy (q to 0) and the mean absolute error (q = 1)."""

    def __init__(self, q=0.5):
        super().__init__()
        self.q = q

    def forward(self, logits, target):
        p = logits.softmax(1).gather(1, target[:, None]).squeeze(1)
        return ((1 - p.clamp_min(1e-7) ** self.q) / self.q).mean()


model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10))
criterion = GCE()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-4)
best, best_state, waited = 1e9, None, 0
for epoch in range(60):
    model.train()
    for rows in torch.randperm(len(x_tr)).split(32):
        optimizer.zero_grad()
        loss = criterion(model(x_tr[rows]), y_tr[rows])
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        val = criterion(model(x_va), y_va).item()
        fit = (model(x_tr).argmax(1) == y_tr).float().mean().item()
    if epoch % 10 == 0:
        print(f"epoch {epoch} val {val:.4f} train accuracy {fit:.3f}")
    if val < best - 1e-4:
        best, best_state, waited = val, copy.deepcopy(model.state_dict()), 0
    else:
        waited += 1
        if waited == 8:
            print(f"early stop in epoch {epoch}")
            break

model.load_state_dict(best_state)
with torch.no_grad():
    print(f"FINAL accuracy={(model(x_test).argmax(1) == y_test).float().mean().item():.4f}")
