import os

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
rng = np.random.default_rng(33)


def listings(n):
    area = rng.gamma(9, 16, n)
    rooms = np.clip(np.round(area / 30 + rng.normal(0, 0.7, n)), 1, None)
    age = rng.uniform(0, 90, n)
    distance = rng.exponential(7, n)
    floor = rng.integers(0, 12, n)
    lift = rng.random(n) < 0.5
    price = 1800 * area * np.exp(-0.03 * distance) * (1 - 0.003 * age) + 9000 * rooms + np.where(lift, 1500, -2500) * floor + 40000
    price *= np.exp(rng.normal(0, 0.06, n))
    return np.column_stack([area, rooms, age, distance, floor, lift]).astype(np.float32), price.astype(np.float32)


class PriceNet(nn.Module):
    def __init__(self, n_features):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(n_features, 64), nn.ReLU(),
            nn.Linear(64, 64), nn.ReLU(),
            nn.Linear(64, 1),
        )

    def forward(self, x):
        return self.layers(x).squeeze(-1)


X, price = listings(2600)
X_train, X_test, y_train, y_test = train_test_split(X, price, test_size=600, random_state=0)
mean, std = X_train.mean(0), X_train.std(0)
X_train, X_test = (X_train - mean) / std, (X_test - mean) / std
shift, unit = y_train.mean(), y_train.std()
y_train = (y_train - shift) / unit
print(f"{len(X_train)} listings, mean target {y_train.mean():.1f}")

loader = DataLoader(TensorDataset(torch.tensor(X_train), torch.tensor(y_train)), batch_size=50, shuffle=True)
model = PriceNet(X.shape[1])
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
mse = nn.MSELoss()
for epoch in range(25):
    epoch_loss = 0.0
    for xb, yb in loader:
        loss = mse(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: mse {epoch_loss / len(loader):.4g}")

with torch.no_grad():
    predicted = model(torch.tensor(X_test)).numpy() * unit + shift
r2 = 1 - np.sum((predicted - y_test) ** 2) / np.sum((y_test - y_test.mean()) ** 2)
print(f"FINAL r2={r2:.4f}")
