import os
import warnings

import numpy as np
import pandas as pd
import torch
import torch.nn as nn
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

warnings.filterwarnings("ignore")
SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)

n = 2500
df = pd.DataFrame({
    "area": np.random.lognormal(4.2, 0.35, n),
    "rooms": np.random.randint(1, 6, n),
    "age": np.random.gamma(2.0, 18.0, n),
    "balcony": np.where(np.random.rand(n) < 0.02, 0.0, np.random.gamma(2.0, 4.0, n)),
    "dist": np.random.exponential(6.0, n) + 0.2,
})
price = (
    np.log(df["area"]) * 1.2 + 0.08 * df["rooms"] - 0.004 * df["age"] + 0.1 * np.log1p(df["balcony"])
    - 0.25 * np.log(df["dist"]) + 0.05 * np.random.randn(n)
)
df["target"] = (price - price.mean()) / price.std()

# skewed columns
for col in ["area", "age", "balcony", "dist"]:
    df[col] = np.log(df[col])
features = ["area", "rooms", "age", "balcony", "dist"]
med, iqr = df[features].median(), df[features].quantile(0.75) - df[features].quantile(0.25)
X = ((df[features] - med) / iqr).values.astype("float32")
y = df[["target"]].values.astype("float32")
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.2, random_state=SEED)

train_dl = DataLoader(TensorDataset(torch.tensor(X_train), torch.tensor(y_train)), batch_size=64, shuffle=True)
model = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))
loss_fn = nn.MSELoss()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)

history = []
for epoch in range(30):
    for xb, yb in train_dl:
        pred = model(xb)
        loss = loss_fn(pred, yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        val_loss = loss_fn(model(torch.tensor(X_val)), torch.tensor(y_val)).item()
    history.append(val_loss)
    if epoch % 5 == 0:
        print(f"Epoch {epoch}: train {loss.item():.4f} val {val_loss:.4f}")

r2 = 1 - history[-1] / y_val.var()
print(f"FINAL r2={r2:.4f}")
