import os

import torch
import torch.nn as nn
from sklearn.datasets import make_friedman2
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = make_friedman2(n_samples=2600, noise=20.0, random_state=SEED)
X = torch.tensor((X - X.mean(0)) / X.std(0)).float()
y = torch.tensor((y - y.mean()) / y.std()).float()
train = DataLoader(TensorDataset(X[:2000], y[:2000]), batch_size=40, shuffle=True)
X_val, y_val = X[2000:], y[2000:]


class Impedance(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 64)
        self.fc2 = nn.Linear(64, 32)
        self.out = nn.Linear(32, 1)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return torch.sigmoid(self.out(x)).squeeze(1)


model = Impedance()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
loss_fn = nn.MSELoss()
for epoch in range(16):
    model.train()
    run = 0.0
    for xb, yb in train:
        opt.zero_grad()
        loss = loss_fn(model(xb), yb)
        loss.backward()
        opt.step()
        run += loss.item()
    model.eval()
    with torch.no_grad():
        val = loss_fn(model(X_val), y_val).item()
    if epoch % 3 == 0:
        print(f"epoch {epoch:2d} train {run / len(train):.4f} val {val:.4f}")

r2 = 1 - val / y_val.var(unbiased=False).item()
print(f"FINAL r2={r2:.4f}")
