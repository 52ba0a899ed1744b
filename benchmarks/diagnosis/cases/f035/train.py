import os

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)

stamps = pd.date_range("2020-09-01", periods=5000, freq="3h")
df = pd.DataFrame({"time": stamps.astype("int64") // (10 ** 9 if stamps.unit == "ns" else 10 ** 6 if stamps.unit == "us" else 1)})
df["hour_sin"] = np.sin(2 * np.pi * stamps.hour / 24)
df["hour_cos"] = np.cos(2 * np.pi * stamps.hour / 24)
df["weekend"] = (stamps.dayofweek >= 5).astype(int)
df["temperature"] = np.random.normal(0, 1, len(df)) + np.sin(2 * np.pi * stamps.dayofyear / 365)
df["rain"] = np.random.binomial(1, 0.2, len(df))
demand = (1.2 * np.maximum(0, -df.hour_cos) * (1 - 0.5 * df.weekend) + 0.5 * df.temperature
          - 0.8 * df.rain * (df.temperature > 0) + np.random.normal(0, 0.2, len(df)))
df["demand"] = (demand - demand.mean()) / demand.std()

df = df.sample(frac=1, random_state=SEED)
train_df, test_df = df.iloc[:4000], df.iloc[4000:]
columns = ["time", "hour_sin", "hour_cos", "weekend", "temperature", "rain"]


def tensors(frame):
    features = frame[columns]
    return torch.tensor(features.to_numpy(dtype=np.float32)), torch.tensor(frame["demand"].to_numpy(dtype=np.float32))


class DemandModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(len(columns), 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, x):
        return self.layers(x)[:, 0]


model = DemandModel()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loader = DataLoader(TensorDataset(*tensors(train_df)), batch_size=64, shuffle=True)
for epoch in range(12):
    total = 0.0
    for x, y in loader:
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch + 1}: {total / len(loader):.4f}")

x, y = tensors(test_df)
with torch.no_grad():
    r2 = 1 - ((model(x) - y) ** 2).mean() / y.var()
print(f"FINAL r2={r2.item():.4f}")
