import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_regression
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

np.random.seed(int(os.environ.get("SEED", 0)))
torch.manual_seed(int(os.environ.get("SEED", 0)))


class RentNet(nn.Module):
    def __init__(self, n_features):
        super().__init__()
        self.fc1 = nn.Linear(n_features, 64)
        self.fc2 = nn.Linear(64, 32)
        self.fc3 = nn.Linear(32, 1)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = F.relu(self.fc3(x))
        return x


X, z = make_regression(n_samples=3000, n_features=10, n_informative=7, random_state=int(os.environ.get("SEED", 0)))
z = z / z.std()
rent = np.exp(1.1 * z) + 0.1 * np.random.randn(len(z))
rent = np.log(np.clip(rent, 0.05, None)) - 1.2
X = StandardScaler().fit_transform(X)
X, rent = torch.tensor(X).float(), torch.tensor(rent).float().unsqueeze(1)
X_train, X_test, y_train, y_test = X[:2400], X[2400:], rent[:2400], rent[2400:]

model = RentNet(10)
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
train_dl = DataLoader(TensorDataset(X_train, y_train), batch_size=32, shuffle=True)

for epoch in range(20):
    train_loss = 0.0
    for xb, yb in train_dl:
        pred = model(xb)
        loss = criterion(pred, yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        train_loss += loss.item() * len(xb)
    if (epoch + 1) % 4 == 0:
        print("Epoch {}: train loss {:.4f}".format(epoch + 1, train_loss / len(X_train)))

with torch.no_grad():
    pred = model(X_test)
    r2 = 1 - ((pred - y_test) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
print("FINAL r2={:.4f}".format(r2.item()))
