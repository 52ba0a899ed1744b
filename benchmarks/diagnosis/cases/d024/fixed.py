import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_diabetes
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = load_diabetes(return_X_y=True)
rows = np.random.RandomState(0).permutation(len(y))
X = torch.tensor(X[rows], dtype=torch.float32) * 21
y = torch.tensor(y[rows], dtype=torch.float32)
y = ((y - y[:330].mean()) / y[:330].std()).unsqueeze(1)
loader = DataLoader(TensorDataset(X[:330], y[:330]), batch_size=30, shuffle=True)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(10, 16)
        self.second = nn.Linear(16, 1)
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        return self.second(self.drop(torch.relu(self.first(x))))


model = Model()
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for epoch in range(30):
    model.train()
    epoch_loss = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        out = model(xb)
        loss = criterion(out, yb)
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    if epoch % 5 == 0:
        print(f"epoch {epoch} loss {epoch_loss / len(loader):.4f}")

model.eval()
with torch.no_grad():
    pred = model(X[330:])
    r2 = 1 - (pred - y[330:]).pow(2).sum() / (y[330:] - y[330:].mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
