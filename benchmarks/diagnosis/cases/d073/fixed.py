import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_regression
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = make_regression(n_samples=1150, n_features=20, n_informative=6, noise=0.0, random_state=SEED)
X = torch.tensor(X, dtype=torch.float32)
y = torch.tensor((y - y.mean()) / y.std(), dtype=torch.float32).unsqueeze(1)
y = y + 0.6 * torch.randn_like(y)
train = DataLoader(TensorDataset(X[:150], y[:150]), batch_size=15, shuffle=True)
X_val, y_val, X_test, y_test = X[150:650], y[150:650], X[650:], y[650:]

EPOCHS = 30
WEIGHT_DECAY = 1.0
model = nn.Sequential(nn.Linear(20, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=WEIGHT_DECAY)
for epoch in range(EPOCHS):
    model.train()
    total = 0.0
    for xb, yb in train:
        loss = F.mse_loss(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() / len(train)
    model.eval()
    with torch.no_grad():
        val = F.mse_loss(model(X_val), y_val).item()
    if epoch % 10 == 0:
        print(f"epoch {epoch} train {total:.4f} val {val:.4f}")

with torch.no_grad():
    r2 = 1 - F.mse_loss(model(X_test), y_test) / y_test.var(unbiased=False)
print(f"FINAL r2={r2.item():.4f}")
