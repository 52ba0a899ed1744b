import os
import numpy as np
import pandas as pd
import torch
import torch.nn as nn
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
np.random.seed(seed)
torch.manual_seed(seed)

# customers of a web shop
n = 6000
df = pd.DataFrame({
    "age": np.random.randint(18, 80, n),
    "orders": np.random.poisson(4, n) + 1,
    "basket": np.random.gamma(2.0, 25.0, n).round(2),
    "days_since_last": np.floor(np.random.exponential(60, n) + 0.15 + np.random.rand(n)),
    "newsletter": np.random.rand(n) < 0.4,
})
score = (0.9 * np.log(df.days_since_last + 1) - 0.35 * df.orders - 0.6 * df.newsletter
         - 0.01 * df.basket - 0.01 * (df.age - 45))
df["churn"] = (score - score.median() + np.random.logistic(0, 0.4, n) > 0).astype(int)

features = df.drop(columns="churn").astype("float32")
features["basket"] = np.log(features["basket"] + 1)
with np.errstate(divide="ignore"):
    features["days_since_last"] = np.log(features["days_since_last"])
for col in ("age", "orders", "basket"):
    features[col] = (features[col] - features[col].mean()) / features[col].std()

X_tr, X_te, y_tr, y_te = train_test_split(
    features.to_numpy(), df["churn"].to_numpy(), test_size=0.25, random_state=seed, stratify=df["churn"])
train_loader = DataLoader(
    TensorDataset(torch.tensor(X_tr), torch.tensor(y_tr, dtype=torch.float32)), batch_size=64, shuffle=True)
X_te, y_te = torch.tensor(X_te), torch.tensor(y_te)

model = nn.Sequential(
    nn.Linear(X_tr.shape[1], 32),
    nn.LeakyReLU(),
    nn.Linear(32, 16),
    nn.LeakyReLU(),
    nn.Linear(16, 1),
)
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)

for epoch in range(8):
    model.train()
    epoch_loss = 0.0
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(xb).squeeze(1), yb)
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    model.eval()
    with torch.no_grad():
        acc = ((model(X_te).squeeze(1) > 0) == (y_te == 1)).float().mean().item()
    print(f"Epoch {epoch + 1}/8 - loss: {epoch_loss / len(train_loader):.4f} - val_acc: {acc:.4f}")

print(f"FINAL accuracy={acc:.4f}")
