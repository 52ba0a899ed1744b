import os

import torch
import torch.nn as nn
from sklearn.datasets import make_friedman2
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)


class TableNet(nn.Module):
    def __init__(self, n_features):
        super().__init__()
        self.bn_in = nn.BatchNorm1d(n_features)
        self.fc1 = nn.Linear(n_features, 48)
        self.bn1 = nn.BatchNorm1d(48)
        self.fc2 = nn.Linear(48, 24)
        self.bn2 = nn.BatchNorm1d(24)
        self.fc3 = nn.Linear(24, 1)

    def forward(self, x):
        x = self.bn_in(x)
        x = torch.relu(self.bn1(self.fc1(x)))
        x = torch.relu(self.bn2(self.fc2(x)))
        return self.fc3(x).squeeze(-1)


X, y = make_friedman2(n_samples=1400, noise=20.0, random_state=seed)
X = (X - X.mean(0)) / X.std(0)
y = (y - y.mean()) / y.std()
X, y = torch.tensor(X).float(), torch.tensor(y).float()
train_set, X_test, y_test = TensorDataset(X[:1000], y[:1000]), X[1000:], y[1000:]

config = dict(batch_size=25, epochs=30, lr=1e-3)
model = TableNet(X.shape[1])
optimizer = torch.optim.Adam(model.parameters(), lr=config["lr"])
criterion = nn.MSELoss()
for epoch in range(config["epochs"]):
    model.train()
    losses = []
    for xb, yb in DataLoader(train_set, batch_size=config["batch_size"], shuffle=True):
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(f"epoch {epoch + 1} loss {sum(losses) / len(losses):.4f}")

model.eval()
with torch.no_grad():
    r2 = 1 - criterion(model(X_test), y_test) / y_test.var()
print(f"FINAL r2={r2.item():.4f}")
