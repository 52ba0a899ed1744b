import os

import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=seed)
scaler = StandardScaler().fit(X_train)
X_train = torch.tensor(scaler.transform(X_train), dtype=torch.float32)
X_test = torch.tensor(scaler.transform(X_test), dtype=torch.float32)
y_train, y_test = torch.tensor(y_train, dtype=torch.float32), torch.tensor(y_test)

model = nn.Linear(30, 1)
nn.init.zeros_(model.weight)
nn.init.zeros_(model.bias)
opt = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=2, history_size=10)


def closure():
    opt.zero_grad()
    z = model(X_train).squeeze(1)
    loss = nn.functional.binary_cross_entropy_with_logits(z, y_train) + 1e-3 * model.weight.pow(2).sum()
    loss.backward()
    return loss


for step in range(120):
    loss = opt.step(closure)
    if step % 20 == 0:
        print(f"step {step} objective {loss.item():.5f}")
with torch.no_grad():
    acc = ((model(X_test).squeeze(1) > 0).long() == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
