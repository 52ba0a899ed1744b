import os
import pandas as pd
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

# house sales of one county
n = 3000
df = pd.DataFrame({
    "area_sqft": np.random.gamma(6, 300, n),
    "year_built": np.random.randint(1920, 2021, n),
    "lot_sqft": np.random.gamma(3, 2500, n),
    "bedrooms": np.random.randint(1, 6, n),
    "distance_km": np.random.exponential(12, n),
    "quality": np.random.randint(1, 11, n),
})
df["price"] = (
    95 * df.area_sqft * (0.6 + 0.08 * df.quality)
    + 900 * (df.year_built - 1920)
    + 4 * df.lot_sqft
    + 120000 * np.exp(-df.distance_km / 8)
    + np.random.normal(0, 12000, n)
)
split = int(0.8 * n)
train_df, test_df = df[:split], df[split:]


class HouseDataset(Dataset):
    def __init__(self, frame):
        self.x = torch.tensor(frame.drop(columns="price").values, dtype=torch.float32)
        self.y = torch.tensor(frame["price"].values, dtype=torch.float32)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class PriceNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden1 = nn.Linear(6, 64)
        self.hidden2 = nn.Linear(64, 32)
        self.output = nn.Linear(32, 1)

    def forward(self, x):
        x = torch.tanh(self.hidden1(x))
        x = torch.tanh(self.hidden2(x))
        return self.output(x).squeeze(1)


train_loader = DataLoader(HouseDataset(train_df), batch_size=32, shuffle=True)
test_data = HouseDataset(test_df)
model = PriceNet()
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)

for epoch in range(25):
    total = 0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    if epoch % 5 == 0:
        print(f"Epoch {epoch}: {total / len(train_loader):.2f}")

with torch.no_grad():
    pred = model(test_data.x)
    ss = ((test_data.y - pred) ** 2).sum() / ((test_data.y - test_data.y.mean()) ** 2).sum()
print(f"FINAL r2={1 - ss.item():.4f}")
