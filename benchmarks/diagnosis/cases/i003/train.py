import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
Xtr, Xte, ytr, yte = train_test_split(X / 16.0, y, test_size=0.25, stratify=y, random_state=8)
Xtr, Xte = torch.tensor(Xtr).float(), torch.tensor(Xte).float()
ytr, yte = torch.tensor(ytr), torch.tensor(yte)

# ten "is it this digit?" detectors over a common trunk; every one may also say no
model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
nn.init.constant_(model[-1].bias, -2.2)  # one in ten
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
detect = F.one_hot(ytr, 10).float()

for epoch in range(60):
    for idx in torch.randperm(len(Xtr)).split(32):
        loss = F.binary_cross_entropy_with_logits(model(Xtr[idx]), detect[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 10 == 9:
        with torch.no_grad():
            print(f"[{epoch + 1}] bce={loss.item():.5f} test acc={(model(Xte).argmax(1) == yte).float().mean():.4f}")

with torch.no_grad():
    p = torch.sigmoid(model(Xte))
print("rejected:", int((p.max(1).values < 0.5).sum()), "of", len(p))
print(f"FINAL accuracy={(p.argmax(1) == yte).float().mean().item():.4f}")
