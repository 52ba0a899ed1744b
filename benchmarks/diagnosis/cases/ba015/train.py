import os

import numpy as np
import pandas as pd
import torch
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

n = 3000
df = pd.DataFrame({
    "sqft": rng.normal(1800, 500, n).clip(500),
    "beds": rng.integers(1, 6, n),
    "baths": rng.integers(1, 4, n),
    "year": rng.integers(1920, 2021, n),
    "lot": rng.lognormal(8.5, 0.5, n),
    "school": rng.uniform(1, 10, n),
})
df["price"] = (
    130 * df.sqft + 9000 * df.beds + 15000 * df.baths + 400 * (df.year - 1920) + 3 * df.lot
    + 1200 * (df.school - 5) * df.school + rng.normal(0, 15000, n)
)


class HousingDataset(Dataset):
    def __init__(self, X, y):
        self.X = torch.tensor(X, dtype=torch.float32)
        self.y = torch.tensor(y, dtype=torch.float32).reshape(-1, 1)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, idx):
        return self.X[idx], self.y[idx]


y = df["price"].values.astype(np.float32)
X = df.drop(columns="price").values
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=SEED)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)


class Regressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(6, 64)
        self.linear2 = nn.Linear(64, 32)
        self.linear3 = nn.Linear(32, 1)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(0.05)

    def forward(self, x):
        x = self.relu(self.linear1(x))
        x = self.dropout(self.relu(self.linear2(x)))
        return self.linear3(x)


model = Regressor()
loss_function = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
train_loader = DataLoader(HousingDataset(X_train, y_train), batch_size=32, shuffle=True)

for epoch in range(20):
    model.train()
    running = []
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = loss_function(outputs, targets)
        loss.backward()
        optimizer.step()
        running.append(loss.item())
    print(f"Epoch {epoch + 1}, loss {np.mean(running):.6g}")

model.eval()
test = HousingDataset(X_test, y_test)
with torch.no_grad():
    mse = loss_function(model(test.X), test.y).item()
print(f"FINAL r2={1 - mse / test.y.var().item():.4f}")
