import os
import random
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
np.random.seed(SEED)
torch.manual_seed(SEED)

limit = 50000
rows, answers = [], []
for _ in range(4000):
    income = random.uniform(0, 2 * limit)
    rent = random.uniform(0, 2 * limit)
    rows.append([income, rent])
    answers.append([1.0 if abs(income - limit) + 0.6 * abs(rent - limit) > 40000 else 0.0])

x = torch.tensor(rows) / limit - 1
y = torch.tensor(answers)
x_train, y_train = x[:3200], y[:3200]
x_test, y_test = x[3200:], y[3200:]

model = nn.Sequential(
    nn.Linear(2, 24),
    nn.ReLU(),
    nn.Linear(24, 12),
    nn.ReLU(),
    nn.Linear(12, 1),
    nn.Sigmoid(),
)
criterion = nn.BCELoss()
optimizer = torch.optim.Adam(model.parameters())
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=10, shuffle=True)

for epoch in range(12):
    total, right = 0.0, 0
    for xb, yb in loader:
        optimizer.zero_grad()
        p = model(xb)
        loss = criterion(p, yb)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(xb)
        right += ((p > 0.5) == (yb > 0.5)).sum().item()
    print(f"Epoch {epoch + 1}/12 - loss: {total / 3200:.4f} - acc: {right / 3200:.4f}")

with torch.no_grad():
    acc = ((model(x_test) > 0.5) == (y_test > 0.5)).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
