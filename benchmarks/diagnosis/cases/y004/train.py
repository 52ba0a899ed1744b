import os
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

X, y = load_digits(return_X_y=True)
X = X / 16.0
Xtr, Xte, ytr, yte = train_test_split(X, y, test_size=0.25, random_state=seed, stratify=y)
mu = Xtr.mean(0)
Xtr = torch.tensor(Xtr - mu, dtype=torch.float32)
Xte = torch.tensor(Xte - mu, dtype=torch.float32)
ytr, yte = torch.tensor(ytr), torch.tensor(yte)

svm = torch.nn.Linear(64, 10)
torch.nn.init.zeros_(svm.weight)
torch.nn.init.zeros_(svm.bias)
hinge = torch.nn.MultiMarginLoss()
opt = torch.optim.SGD(svm.parameters(), lr=1.0, weight_decay=1e-4)

for it in range(1500):
    opt.zero_grad()
    loss = hinge(svm(Xtr), ytr)
    loss.backward()
    opt.step()
    if it % 250 == 0:
        print(it, round(loss.item(), 4))

with torch.no_grad():
    acc = (svm(Xte).argmax(1) == yte).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
